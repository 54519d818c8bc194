namespace ModelDsl.Runtime.Tests;

/// <summary>Tests that count the bytes all threads allocate: they run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public class Allocations
{
    public const string Name = "Allocations";
}
