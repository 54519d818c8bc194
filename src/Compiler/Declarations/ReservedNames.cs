namespace ModelDsl.Compiler.Declarations;

/// <summary>Names that generated parts of classes use, so that no layer can have them.</summary>
internal static class ReservedNames
{
    /// <summary>Members of every model.</summary>
    public static readonly string[] OfModels =
    [
        "Card", "Create", "CreateDecoder", "CreateModule", "CreateProgram", "CreateTrainer", "Dispose", "Load", "Name", "Parameters", "Save",
        "Equals", "GetHashCode", "GetType", "MemberwiseClone", "ReferenceEquals", "ToString",
    ];

    /// <summary>Members of every block.</summary>
    public static readonly string[] OfBlocks =
    [
        "Name", "Equals", "GetHashCode", "GetType", "MemberwiseClone", "ReferenceEquals", "ToString",
    ];
}
