namespace ModelDsl.Generators;

/// <summary>Names of the pipeline's steps. Tests read this class: a new step is covered by being named here.</summary>
internal static class TrackingNames
{
    /// <summary>A class with <c>[Model]</c>, read.</summary>
    public const string Declaration = nameof(Declaration);

    /// <summary>A model, checked, and its part of the class written.</summary>
    public const string Checked = nameof(Checked);

    /// <summary>A model's programs, compiled: in builds only.</summary>
    public const string Compiled = nameof(Compiled);

    /// <summary>A model's files that user code binds to.</summary>
    public const string Surface = nameof(Surface);

    /// <summary>A model's files of program bodies.</summary>
    public const string Bodies = nameof(Bodies);

    /// <summary>What keeps a model from having programs: its budget, or a defect of the compiler.</summary>
    public const string Failure = nameof(Failure);

    /// <summary>A model's broken rules.</summary>
    public const string Errors = nameof(Errors);

    /// <summary>A class with <c>[Block]</c>, read.</summary>
    public const string BlockDeclaration = nameof(BlockDeclaration);

    /// <summary>A block, checked, and its part of the class written.</summary>
    public const string BlockChecked = nameof(BlockChecked);

    /// <summary>A block's file.</summary>
    public const string BlockSurface = nameof(BlockSurface);

    /// <summary>A block's broken rules.</summary>
    public const string BlockErrors = nameof(BlockErrors);

    /// <summary>Classes whose names differ in case only.</summary>
    public const string Ambiguous = nameof(Ambiguous);

    /// <summary>The steps that read symbols, and so run at every edit.</summary>
    public static readonly string[] Reading = [Declaration, BlockDeclaration];
}
