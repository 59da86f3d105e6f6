"""JPEG Lossless (process 14, selection value 1) by GDCM: pydicom has no encoder for it."""

from pathlib import Path
from tempfile import TemporaryDirectory

import gdcm  # type: ignore[import-untyped]
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import JPEGLosslessSV1

from node.domain.errors import Defect


def compress_jpeg_lossless(ds: Dataset) -> None:
    """Compress the dataset's native single frame in place.

    By way of files: GDCM's Python binding hands bytes over as text, which spoils them. Raises Defect where GDCM
    cannot read or compress.
    """
    with TemporaryDirectory() as folder:
        native, packed = Path(folder, "native.dcm"), Path(folder, "packed.dcm")
        ds.save_as(native, enforce_file_format=True)
        reader, change, writer = gdcm.ImageReader(), gdcm.ImageChangeTransferSyntax(), gdcm.ImageWriter()
        reader.SetFileName(str(native))
        if not reader.Read():
            raise Defect("GDCM could not read a slice to be compressed.")
        change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
        change.SetInput(reader.GetImage())
        if not change.Change():
            raise Defect("GDCM could not compress a slice to JPEG Lossless.")
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        writer.SetFileName(str(packed))
        if not writer.Write():
            raise Defect("GDCM could not write a compressed slice.")
        ds.PixelData = dcmread(packed).PixelData
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = JPEGLosslessSV1
