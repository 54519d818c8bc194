namespace ModelDsl.Generators;

/// <summary>Names of the pipeline's steps. Tests read this class: a new step is covered by being named here.</summary>
internal static class TrackingNames
{
    /// <summary>A class with <c>[Model]</c>, read.</summary>
    public const string Declaration = nameof(Declaration);

    /// <summary>A model, compiled.</summary>
    public const string Compiled = nameof(Compiled);

    /// <summary>A class with <c>[Block]</c>, read.</summary>
    public const string BlockDeclaration = nameof(BlockDeclaration);

    /// <summary>A block, checked, and its part emitted.</summary>
    public const string BlockCompiled = nameof(BlockCompiled);

    /// <summary>Files user code binds to.</summary>
    public const string Surface = nameof(Surface);

    /// <summary>Files of program bodies.</summary>
    public const string Bodies = nameof(Bodies);

    /// <summary>What makes the compilation fail even where no analyzer runs.</summary>
    public const string Failures = nameof(Failures);

    /// <summary>File names that differ in case only.</summary>
    public const string Ambiguous = nameof(Ambiguous);

    /// <summary>The steps that read symbols, and so run at every edit.</summary>
    public static readonly string[] Reading = [Declaration, BlockDeclaration];
}
