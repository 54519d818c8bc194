using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Compiler.Declarations;

/// <summary>Rules about the form of a class, common to models and blocks.</summary>
internal static class ClassChecks
{
    public static IEnumerable<ModelError> Check(TypeIdentity type, ClassForm form, EquatableArray<string> taken, string kind)
    {
        DeclarationTarget target = new(type.FullName);
        if (form.HasFlag(ClassForm.NotPartial)) yield return DiagnosticCatalogue.ClassNotPartial.At(target, type.Name);
        if (form.HasFlag(ClassForm.Abstract)) yield return DiagnosticCatalogue.ClassKind.At(target, type.Name, "abstract");
        if (form.HasFlag(ClassForm.Static)) yield return DiagnosticCatalogue.ClassKind.At(target, type.Name, "static");
        if (form.HasFlag(ClassForm.Record)) yield return DiagnosticCatalogue.ClassKind.At(target, type.Name, "a record");
        if (form.HasFlag(ClassForm.FileLocal)) yield return DiagnosticCatalogue.ClassKind.At(target, type.Name, "file-local");
        if (form.HasFlag(ClassForm.Generic)) yield return DiagnosticCatalogue.ClassGeneric.At(target, type.Name);
        if (form.HasFlag(ClassForm.NestedInNonPartial)) yield return DiagnosticCatalogue.ClassNestedInNonPartial.At(target, type.Name);
        if (form.HasFlag(ClassForm.ModelAndBlock)) yield return DiagnosticCatalogue.ModelAndBlock.At(target, type.Name);
        foreach (string name in taken)
            yield return DiagnosticCatalogue.ReservedName.At(name == type.Name ? target : target with { Member = name }, name, kind);
        if (form.HasFlag(ClassForm.LayersInSeveralFiles)) yield return DiagnosticCatalogue.LayersInSeveralFiles.At(target, type.Name);
    }
}
