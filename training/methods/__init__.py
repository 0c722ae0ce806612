"""Training methods, one module each. They import torch and run in processes of their own."""

import warnings

# PEFT 0.21 asks transformers 5.23 for an attribute by its former name; nobody here can change it.
warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
