using ModelDsl.Compiler.Declarations;

namespace ModelDsl.Compiler.Emission;

/// <summary>Implements the surface's partial method beside the program's class, in a file that only real compilations have.</summary>
internal static class ProgramHook
{
    /// <summary>The file.</summary>
    /// <param name="model">The model.</param>
    /// <param name="program">Full name of the program's class.</param>
    public static GeneratedFile Write(ModelDeclaration model, string program)
    {
        CodeWriter writer = PartialType.StartFile();
        using (PartialType.Open(writer, model.Type))
        {
            writer.Line("static partial void CreateProgram(ref global::ModelDsl.Programs.ModelProgram? program)");
            using (writer.Indent()) writer.Line($"=> program = global::{CSharpLiterals.QualifiedName(program)}.Instance;");
        }

        return new GeneratedFile(model.Type.FullName, "Program", writer.ToString());
    }
}
