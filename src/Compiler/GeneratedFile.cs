using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Compiler;

/// <summary>A generated file.</summary>
/// <param name="Type">Full name of the class it is generated for.</param>
/// <param name="Content">What it holds: <c>Surface</c>, <c>Program</c>, <c>Plan</c>, <c>Train</c>, ...</param>
/// <param name="Text">Its text, lines ended by <c>\n</c>.</param>
internal sealed record GeneratedFile(string Type, string Content, string Text)
{
    /// <summary>The file's name, such as <c>Demo.TinyLm.Surface.g.cs</c>.</summary>
    public string Name => Type + "." + Content + ".g.cs";
}

/// <summary>A model or block after the checks: all that an editor needs.</summary>
/// <param name="Type">Full name of the class.</param>
/// <param name="Surface">Files that user code binds to; in an invalid class their members throw.</param>
/// <param name="Errors">Broken rules.</param>
internal sealed record CheckedDeclaration(string Type, EquatableArray<GeneratedFile> Surface, EquatableArray<ModelError> Errors);

/// <summary>A model after compilation.</summary>
/// <param name="Files">Files of its programs.</param>
/// <param name="Errors">What keeps it from having any: its budget, or a defect of the compiler.</param>
internal readonly record struct CompiledModel(EquatableArray<GeneratedFile> Files, EquatableArray<ModelError> Errors);
