using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Compiler.Emission;

/// <summary>
/// Emits what user code binds to: the members of a model or block, and its partial properties. A declaration with errors gets the
/// same members, so that only its errors show and not every use of it; they throw.
/// </summary>
internal static class SurfaceEmitter
{
    /// <summary>The surface of a model; no file where nothing can be added to the class.</summary>
    public static EquatableArray<GeneratedFile> Emit(ModelDeclaration model, EquatableArray<ModelError> errors)
        => DeclarationChecks.CanExtend(model.Form) ? File(model.Type, SurfaceOfModel.Write(model, errors)) : default;

    /// <summary>The surface of a block; no file where nothing can be added to the class.</summary>
    public static EquatableArray<GeneratedFile> Emit(BlockDeclaration block, EquatableArray<ModelError> errors)
        => DeclarationChecks.CanExtend(block.Form) ? File(block.Type, SurfaceOfBlock.Write(block, errors)) : default;

    private static EquatableArray<GeneratedFile> File(TypeIdentity type, CodeWriter text)
        => new[] { new GeneratedFile(type.FullName, "Surface", text.ToString()) }.ToEquatableArray();
}
