namespace ModelDsl.Programs;

/// <summary>Memory of one compiled program, as planned at compile time: one arena a monomial.</summary>
/// <param name="FloatsPerRow">Floats of saved activations and scratch for each row, that is for each of batch × time positions.</param>
/// <param name="FloatsPerSequence">Floats for each sequence of the batch (logits of last positions).</param>
/// <param name="ConstantFloats">Floats that depend on neither batch nor time (chunks of logits, scalars).</param>
public readonly record struct ProgramPlan(long FloatsPerRow, long FloatsPerSequence, long ConstantFloats);
