"""Live tokens, in the kernel: how they are fetched, kept, renewed and sent."""
