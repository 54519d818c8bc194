using ModelDsl.Compiler.Declarations;

namespace ModelDsl.Compiler.Emission;

/// <summary>Implements the surface's partial method beside the program's class, in a file that only real compilations have.</summary>
internal static class ProgramHook
{
    /// <summary>The file.</summary>
    /// <param name="model">The model.</param>
    /// <param name="program">Name of the program's class, in the model's namespace.</param>
    public static GeneratedFile Write(ModelDeclaration model, string program)
    {
        CodeWriter writer = PartialType.StartFile();
        string place = model.Type.Namespace.Length == 0 ? "" : CSharpLiterals.QualifiedName(model.Type.Namespace) + ".";
        using (PartialType.Open(writer, model.Type))
        {
            writer.Line("static partial void CreateProgram(ref global::ModelDsl.Programs.ModelProgram? program)");
            using (writer.Indent()) writer.Line($"=> program = new global::{place}{CSharpLiterals.Identifier(program)}();");
        }

        return new GeneratedFile(model.Type.FullName + ".Program.g.cs", writer.ToString());
    }
}
