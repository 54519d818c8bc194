using ModelDsl.Memory;
using ModelDsl.Programs;
using ModelDsl.Runtime.Tests;

namespace ModelDsl.Compiler.Tests.Oracle;

/// <summary>
/// A frame whose arenas are exactly as large as the plan says for a run, end at pages without access and are full of NaN: a program that needs more, or reads what it has not
/// written, kills the process or shows.
/// </summary>
internal sealed unsafe class PoisonedFrame : IDisposable
{
    private readonly List<GuardedMemory> memory = [];
    private readonly List<GuardedMemory> working = [];

    public PoisonedFrame(ModelInstance model, ProgramPlan plan, int batch, int time)
    {
        ModelPlan whole = model.Plan;
        nint rows = (nint)batch * time;
        Frame = new Frame(new Threading.WorkerPool(2)) { Batch = batch, Time = time };
        GuardedMemory parameters = Take((nint)whole.ParameterFloats, working: false), constants = Take((nint)whole.ConstantFloats, working: false);
        parameters.Span.Clear();
        foreach (ParameterInfo info in whole.Parameters) model.Parameters[info.Name].Values.CopyTo(parameters.Span[(int)info.Offset..]);
        model.Program.FillConstants(constants.Data);
        Frame.Parameters = parameters.Data;
        Frame.Constants = constants.Data;
        Frame.Gradients = Take((nint)whole.ParameterFloats, working: false).Data;
        Frame.Activations = Take((nint)plan.FloatsPerRow * rows, working: true).Data;
        Frame.Sequences = Take((nint)plan.FloatsPerSequence * batch, working: true).Data;
        Frame.Scratch = Take((nint)plan.ConstantFloats, working: true).Data;
    }

    public Frame Frame { get; }

    /// <summary>Floats of the caller's, such as inputs.</summary>
    public F32 Floats(ReadOnlySpan<float> values)
    {
        GuardedMemory copy = new(values);
        memory.Add(copy);
        return copy.Data;
    }

    /// <summary>Integers of the caller's, such as tokens.</summary>
    public I32 Integers(ReadOnlySpan<int> values) => new((int*)Floats(System.Runtime.InteropServices.MemoryMarshal.Cast<int, float>(values)).Pointer);

    /// <summary>A cache full of NaN.</summary>
    public F32 Cache(nint floats) => Take(floats, working: false).Data;

    /// <summary>Fills everything a run works in with NaN again.</summary>
    public void Poison()
    {
        foreach (GuardedMemory arena in working) arena.Span.Fill(float.NaN);
    }

    public void Dispose()
    {
        Frame.Pool.Dispose();
        foreach (GuardedMemory arena in memory) arena.Dispose();
    }

    private GuardedMemory Take(nint floats, bool working)
    {
        GuardedMemory taken = new(floats);
        taken.Span.Fill(float.NaN);
        memory.Add(taken);
        if (working) this.working.Add(taken);
        return taken;
    }
}
