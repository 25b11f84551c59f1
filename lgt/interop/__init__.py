"""Gauge configurations of other programs: NERSC, ILDG and SciDAC (LIME), MILC version 5, openQCD.

`read_configuration` tells the format from the content and refuses what is damaged; `write_configuration`
makes files that the other programs read. All numbers keep their bits on the way, in double precision and in
single. `open_configurations` makes one chain of several files, for `lgt.measure`.
"""

from lgt.interop._base import Comparison, Configuration, Metadata
from lgt.interop._chain import ConfigurationFiles, group_configurations, open_configurations
from lgt.interop._convert import ConversionOptions, convert_configurations
from lgt.interop._files import (
    FORMATS,
    count_configurations,
    detect_format,
    inspect_configuration,
    read_configuration,
    write_configuration,
)

__all__ = [
    "FORMATS",
    "Comparison",
    "Configuration",
    "ConfigurationFiles",
    "ConversionOptions",
    "Metadata",
    "convert_configurations",
    "count_configurations",
    "detect_format",
    "group_configurations",
    "inspect_configuration",
    "open_configurations",
    "read_configuration",
    "write_configuration",
]
