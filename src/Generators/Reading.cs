using ModelDsl.Compiler;
using ModelDsl.Compiler.Declarations;
using ModelDsl.Compiler.Diagnostics;

namespace ModelDsl.Generators;

/// <summary>A model as read, or what went wrong while reading.</summary>
internal sealed record ModelReading(ModelDeclaration? Model, ModelError? Failure);

/// <summary>A block as read with the blocks it reaches, or what went wrong while reading.</summary>
internal sealed record BlockReading(BlockDeclaration? Block, EquatableArray<BlockDeclaration> Reachable, ModelError? Failure);

/// <summary>A model after the checks.</summary>
/// <param name="Result">Its surface and its broken rules.</param>
/// <param name="Valid">The model, where it breaks none.</param>
internal readonly record struct CheckedModel(CheckedDeclaration Result, ModelDeclaration? Valid);
