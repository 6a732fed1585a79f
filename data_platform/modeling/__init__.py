"""SQL models: reading a model's file, and what follows from its SQL (dependencies, column lineage).

Building a model is the engine's; auditing it is `data_platform.auditing`'s.
"""

from data_platform.modeling.column_lineage import ColumnSource, column_lineage
from data_platform.modeling.load import load_models
from data_platform.modeling.model import Consumer, Model, ModelError

__all__ = ["ColumnSource", "Consumer", "Model", "ModelError", "column_lineage", "load_models"]
