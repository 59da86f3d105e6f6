"""Facts of an instance survive their row in the journal, whatever a header held."""

from hypothesis import given, settings
from hypothesis import strategies as st
from node.domain.instance import Frame, Instance
from node.domain.volume import Tube
from node.store.headers import header_text, instance_of

numbers = st.floats()
maybe = st.none() | numbers
tubes = st.builds(Tube, kvp=maybe, tin_mm=maybe, kev=maybe)
vectors = st.tuples(numbers, numbers, numbers)
frames = st.builds(
    Frame,
    number=st.integers(1, 10_000),
    position_mm=vectors,
    orientation=st.tuples(*[numbers] * 6),
    pixel_spacing_mm=st.tuples(numbers, numbers),
    tube=tubes,
    rescale_slope=numbers,
    rescale_intercept=numbers,
)
instances = st.builds(
    Instance,
    sop_instance_uid=st.text(),
    series_description=st.text(),
    image_type=st.lists(st.text()).map(tuple),
    series_number=st.none() | st.integers(),
    slice_thickness_mm=maybe,
    lossy=st.booleans(),
    frames=st.lists(frames, max_size=3).map(tuple),
)


@given(instances)
@settings(deadline=None)
def test_an_instance_comes_back_as_it_went_in(instance: Instance) -> None:
    assert repr(instance_of(header_text(instance))) == repr(instance)  # repr: NaN is not equal to itself
