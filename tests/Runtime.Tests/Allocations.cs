namespace ModelDsl.Runtime.Tests;

/// <summary>Tests that count the bytes all threads allocate, and tests of what the collector frees: they run alone, after the others.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class Allocations
{
    public const string Name = "Allocations";
}
