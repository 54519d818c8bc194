namespace ModelDsl.Compiler.Declarations;

/// <summary>A member that generated parts of classes add.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameter">For a method the name of its parameter's type, empty for one without; null for a property. Methods clash with overloads of the same type only.</param>
internal sealed record ReservedName(string Name, string? Parameter = null);

/// <summary>Members that generated parts of classes add, so that nothing else can have their names.</summary>
internal static class ReservedNames
{
    /// <summary>Members of every model.</summary>
    public static readonly IReadOnlyList<ReservedName> OfModels =
    [
        new("Card"),
        new("Create", "Int32"),
        new("CreateDecoder", "DecoderOptions"),
        new("CreateModule", "ModuleOptions"),
        new("CreateProgram", "ModelProgram"),
        new("CreateTrainer", "TrainerOptions"),
        new("Dispose", ""),
        new("Load", "String"),
        new("Parameters"),
        new("Save", "String"),
    ];

    /// <summary>Members of every block.</summary>
    public static readonly IReadOnlyList<ReservedName> OfBlocks = [new("Name")];
}
