// Torch has threads of its own, and counts of living tensors are the process's.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
