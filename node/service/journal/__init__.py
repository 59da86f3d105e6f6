"""What is known of studies, and what the use cases ask of the journal: ``store`` implements it."""
