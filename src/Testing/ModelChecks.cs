namespace ModelDsl;

/// <summary>
/// Checks for tests of one's own models, under any test framework: each returns when the model does what it should and throws a
/// <see cref="ModelCheckException"/> when not. Models are left as they were.
/// </summary>
public static partial class ModelChecks;
