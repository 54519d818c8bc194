using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Compiler.Declarations;

/// <summary>Rules about the form of a class, common to models and blocks.</summary>
internal static class ClassChecks
{
    private static readonly (ClassForm Flag, string What, string Keyword)[] Kinds =
    [
        (ClassForm.Abstract, "abstract", "abstract"), (ClassForm.Static, "static", "static"), (ClassForm.Record, "a record", "record"), (ClassForm.FileLocal, "file-local", "file"),
    ];

    private static readonly (ClassForm Flag, string What)[] Constructions =
    [
        (ClassForm.Constructor, "declares a constructor"),
        (ClassForm.RequiredMembers, "has required members"),
        (ClassForm.BaseConstructor, "derives from a class without a parameterless constructor that it may call"),
    ];

    /// <summary>What keeps generated code from adding its constructor.</summary>
    public const ClassForm NotConstructible = ClassForm.Constructor | ClassForm.RequiredMembers | ClassForm.BaseConstructor;

    public static IEnumerable<ModelError> Check(TypeIdentity type, ClassForm form, EquatableArray<string> taken, string kind)
    {
        DeclarationTarget target = new(type.FullName);
        if (form.HasFlag(ClassForm.NotPartial)) yield return DiagnosticCatalogue.ClassNotPartial.At(target, type.Name);
        foreach ((ClassForm flag, string what, string keyword) in Kinds)
        {
            if (form.HasFlag(flag)) yield return DiagnosticCatalogue.ClassKind.At(target, type.Name, what).Suggesting(keyword);
        }

        foreach ((ClassForm flag, string what) in Constructions)
        {
            if (form.HasFlag(flag)) yield return DiagnosticCatalogue.Construction.At(target, type.Name, what);
        }

        if (form.HasFlag(ClassForm.Generic)) yield return DiagnosticCatalogue.ClassGeneric.At(target, type.Name);
        if (form.HasFlag(ClassForm.NestedInNonPartial)) yield return DiagnosticCatalogue.ClassNestedInNonPartial.At(target, type.Name);
        if (form.HasFlag(ClassForm.ModelAndBlock)) yield return DiagnosticCatalogue.ModelAndBlock.At(target, type.Name).Suggesting("Block", "Model");
        foreach (string name in taken)
            yield return DiagnosticCatalogue.ReservedName.At(name == type.Name ? target : target with { Member = name }, name, kind);
        if (form.HasFlag(ClassForm.LayersInSeveralFiles)) yield return DiagnosticCatalogue.LayersInSeveralFiles.At(target, type.Name);
    }
}
