using ModelDsl.Compiler;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Generators;

/// <summary>A model as read, or what went wrong while reading.</summary>
internal sealed record ModelReading(ModelDeclaration? Model, ModelError? Failure);

/// <summary>A block as read with the blocks it reaches, or what went wrong while reading.</summary>
internal sealed record BlockReading(BlockDeclaration? Block, EquatableArray<BlockDeclaration> Reachable, ModelError? Failure);

/// <summary>The programs of a model, or what went wrong while compiling; neither for an invalid model.</summary>
internal readonly record struct CompiledModel(EquatableArray<GeneratedFile> Files, EquatableArray<ModelError> Failure);
