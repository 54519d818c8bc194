namespace ModelDsl.Compiler.Declarations;

/// <summary>Names of members that generated parts of classes add, so that nothing else can have them.</summary>
internal static class ReservedNames
{
    /// <summary>Members of every model.</summary>
    public static readonly string[] OfModels =
        ["Card", "Create", "CreateDecoder", "CreateModule", "CreateProgram", "CreateTrainer", "Dispose", "Load", "Parameters", "Save"];

    /// <summary>Members of every block.</summary>
    public static readonly string[] OfBlocks = ["Name"];
}
