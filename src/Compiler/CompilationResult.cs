using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Compiler;

/// <summary>A generated file.</summary>
/// <param name="HintName">Unique without regard to case, such as <c>Demo.TinyLm.Surface.g.cs</c>.</param>
/// <param name="Text">Its text, lines ended by <c>\n</c>.</param>
internal sealed record GeneratedFile(string HintName, string Text);

/// <summary>What compiling a model gave.</summary>
/// <param name="Surface">Files that user code binds to: needed in the editor.</param>
/// <param name="Bodies">Files of program bodies: needed in real compilations only.</param>
/// <param name="Errors">Broken rules; when there are any, the surface throws and there are no bodies.</param>
internal sealed record CompilationResult(
    EquatableArray<GeneratedFile> Surface,
    EquatableArray<GeneratedFile> Bodies,
    EquatableArray<ModelError> Errors);
