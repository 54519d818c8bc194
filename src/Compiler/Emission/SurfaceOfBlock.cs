using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Compiler.Emission;

/// <summary>Emits the generated part of a block class: once a block, whichever models use it.</summary>
internal static class SurfaceOfBlock
{
    public static CodeWriter Write(BlockDeclaration block, EquatableArray<ModelError> errors)
    {
        bool valid = errors.Count == 0;
        CodeWriter writer = PartialType.StartFile();
        string layers = string.Join(", ", block.Members.Select(member => CSharpLiterals.String(member.Name)));
        using (PartialType.Open(writer, block.Type, comment: SurfaceComments.Of(block.Members, errors), attributes: $"global::ModelDsl.DeclaredLayers({layers})"))
        {
            if (valid)
            {
                writer.Line("private readonly global::ModelDsl.Programs.LayerScope __scope;");
                SurfaceProperties.WriteFields(writer, block.Members);
                writer.Line();
            }

            if ((block.Form & ClassChecks.NotConstructible) == 0) WriteConstructor(writer, block, valid);
            if (!block.Taken.Contains("Name") && !block.Members.Any(member => member.Name == "Name"))
            {
                writer.Line();
                writer.Summary("The path of properties, as in the names of parameters.");
                writer.Line(valid ? "public string Name => __scope.Path;" : $"public string Name => throw {SurfaceComments.Invalid}();");
            }

            SurfaceProperties.Write(writer, block.Members, "__scope", valid ? null : SurfaceComments.Invalid + "()");
            if (!valid) SurfaceComments.WriteInvalid(writer, block.Type, errors);
        }

        return writer;
    }

    private static void WriteConstructor(CodeWriter writer, BlockDeclaration block, bool valid)
    {
        writer.Summary("The block at a place in a model; made by generated code.");
        writer.Line("[global::System.ComponentModel.EditorBrowsable(global::System.ComponentModel.EditorBrowsableState.Never)]");
        using (writer.Block($"public {CSharpLiterals.Identifier(block.Type.Name)}(global::ModelDsl.Programs.LayerScope scope)"))
        {
            if (valid)
            {
                writer.Line("__scope = scope;");
                SurfaceProperties.WriteAssignments(writer, block.Members);
            }
            else
            {
                writer.Line($"throw {SurfaceComments.Invalid}();");
            }
        }
    }
}
