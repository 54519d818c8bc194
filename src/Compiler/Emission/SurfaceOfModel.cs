using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Compiler.Emission;

/// <summary>
/// Emits the generated part of a model class. It reaches the program through the classic partial method <c>CreateProgram</c>, whose body
/// stands in a file that editors do not run the generator for.
/// </summary>
internal static class SurfaceOfModel
{
    private const string Program = "global::ModelDsl.Programs.ModelProgram";
    private const string Instance = "global::ModelDsl.ModelInstance";

    public static CodeWriter Write(ModelDeclaration model, EquatableArray<ModelError> errors)
    {
        bool valid = errors.Count == 0;
        string name = CSharpLiterals.Identifier(model.Type.Name);
        bool isLanguageModel = valid ? ModelChecks.IsLanguageModel(model) : MayBeLanguageModel(model);
        SurfaceMember[] members = [.. SurfaceMember.Of(name, isLanguageModel)];

        // What takes a member's name is an error of its own; the member is left out, so that no other error joins it.
        bool complete = !members.Any(member => IsTaken(model, member));
        string bases = !complete ? "" : $" : global::ModelDsl.{(isLanguageModel ? "ILanguageModel" : "IModel")}<{name}>";

        CodeWriter writer = PartialType.StartFile();
        using (PartialType.Open(writer, model.Type, bases, SurfaceComments.Of(model.Members, errors)))
        {
            if (valid) WriteState(writer, model, name);
            else if ((model.Form & ClassChecks.NotConstructible) == 0) writer.Line($"private {name}({Instance} model) => throw {SurfaceComments.Invalid}();");

            foreach (SurfaceMember member in members)
            {
                if (IsTaken(model, member)) continue;
                writer.Line();
                writer.Line(complete ? "/// <inheritdoc/>" : "/// <summary>Throws.</summary>");
                writer.Line($"{member.Signature} => {(valid ? member.Body : "throw " + SurfaceComments.Invalid + "()")};");
            }

            SurfaceProperties.Write(writer, model.Members, "__Scope", valid ? null : SurfaceComments.Invalid + "()");
            if (valid) WriteProgram(writer, model);
            else SurfaceComments.WriteInvalid(writer, model.Type, errors);
        }

        return writer;
    }

    private static void WriteState(CodeWriter writer, ModelDeclaration model, string name)
    {
        writer.Line($"private static {Program}? __program;");
        writer.Line("private static global::ModelDsl.ModelCard? __card;");
        writer.Line($"private readonly {Instance} __model;");
        SurfaceProperties.WriteFields(writer, model.Members);
        writer.Line();
        using (writer.Block($"private {name}({Instance} model)"))
        {
            writer.Line("__model = model;");
            if (model.Members.Any(member => member.BlockName is not null)) writer.Line("global::ModelDsl.Programs.LayerScope scope = __Scope;");
            SurfaceProperties.WriteAssignments(writer, model.Members);
        }

        writer.Line();
        writer.Line("private global::ModelDsl.Programs.LayerScope __Scope => new(__model.Parameters);");
    }

    private static void WriteProgram(CodeWriter writer, ModelDeclaration model)
    {
        writer.Line();
        writer.Comment("Implemented beside the program's class.");
        writer.Line($"static partial void CreateProgram(ref {Program}? program);");
        writer.Line();
        using (writer.Block($"private static {Program} __Program()"))
        {
            writer.Line("if (__program is null) CreateProgram(ref __program);");
            string message = $"'{model.Type.FullName}' was compiled without the bodies of its program: the assembly was not built by a compiler that runs the generator in full.";
            writer.Line($"return __program ?? throw new global::System.InvalidOperationException({CSharpLiterals.String(message)});");
        }
    }

    private static bool IsTaken(ModelDeclaration model, SurfaceMember member)
        => model.Taken.Contains(member.Name) || model.Members.Any(layer => layer.Name == member.Name);

    // While a declaration is being written, an end may be missing or not bind yet: uses of the other end's members still bind.
    private static bool MayBeLanguageModel(ModelDeclaration model) => model.Members.Any(
        member => member.IsUnresolved || member.Find("Embedding") is not null || member.Find("LanguageHead") is not null);
}
