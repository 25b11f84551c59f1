"""Files of the authors' own code for L-CNNs (arXiv:2012.12901): trained weights, labelled configurations.

`read_weights` turns a checkpoint of theirs into an `lcnn.models.LCNN`, `import_data` their HDF5 files into
ensembles. Nothing in a file is executed.
"""

from lcnn.official._write import write_model
from lcnn.official.data import ImportedData, import_data
from lcnn.official.weights import ImportedModel, convert_weights, read_weights

__all__ = ["ImportedData", "ImportedModel", "convert_weights", "import_data", "read_weights", "write_model"]
