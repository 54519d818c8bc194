using ModelDsl.Kernels;
using ModelDsl.Programs;

namespace ModelDsl;

public sealed partial class Trainer
{
    private int WholeSequences(int inputs)
    {
        if (inputs % sequence == 0) return inputs / sequence;
        throw new ArgumentException($"{inputs} inputs are not a whole number of sequences of {sequence} tokens; the overload with batch and sequence takes shorter ones.", nameof(inputs));
    }

    private int Check(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int batch, int sequence, ReadOnlySpan<int> segmentStarts, bool evaluate = false)
    {
        long most = evaluate ? int.MaxValue : (long)this.batch * Options.GradientAccumulation;
        if (batch < 1 || batch > most)
        {
            throw new ArgumentOutOfRangeException(nameof(batch), batch, evaluate
                ? "At least one sequence is needed."
                : $"A step takes 1 to {most} sequences: Batch ({this.batch}) × GradientAccumulation ({Options.GradientAccumulation}).");
        }

        if (sequence < 1 || sequence > this.sequence)
            throw new ArgumentOutOfRangeException(nameof(sequence), sequence, $"A sequence has 1 to {this.sequence} positions (TrainerOptions.Sequence).");
        if ((long)batch * sequence != inputs.Length)
            throw new ArgumentException($"There are {inputs.Length} inputs; {batch} sequences of {sequence} need {(long)batch * sequence}.", nameof(inputs));
        if (targets.Length != inputs.Length)
            throw new ArgumentException($"There are {targets.Length} targets for {inputs.Length} inputs: each input needs one, negative where it is not counted.", nameof(targets));
        if (!segmentStarts.IsEmpty && segmentStarts.Length != inputs.Length)
            throw new ArgumentException($"There are {segmentStarts.Length} segment starts for {inputs.Length} inputs: each input needs one, or none has.", nameof(segmentStarts));
        TokenChecks.Inputs(inputs, model.Plan, nameof(inputs));
        TokenChecks.SegmentStarts(segmentStarts, sequence);
        return TokenChecks.Targets(targets, model.Plan);
    }

    /// <summary>The sum of the losses of all counted targets, and how many there are.</summary>
    private (double Sum, int Counted) SumOfLosses(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int batch, int sequence, ReadOnlySpan<int> segmentStarts = default)
    {
        int counted = Check(inputs, targets, batch, sequence, segmentStarts, evaluate: true);
        double sum;
        using (memory.Workers.Gate.EnterScope()) sum = Pass(inputs, targets, batch, sequence, segmentStarts, counted, train: false);
        GC.KeepAlive(this);
        return (sum, counted);
    }

    /// <summary>Runs all micro-batches; returns the sum of the losses of all counted rows, added in order.</summary>
    private double Pass(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, int batch, int sequence, ReadOnlySpan<int> segmentStarts, int counted, bool train)
    {
        double sum = 0;
        for (int first = 0; first < batch; first += this.batch)
        {
            int sequences = Math.Min(this.batch, batch - first);
            int offset = first * sequence, rows = sequences * sequence;
            Frame frame = memory.Bind(sequences, sequence);
            frame.Inputs = FrameMemory.Fill(memory.Inputs, inputs.Slice(offset, rows));
            frame.Targets = FrameMemory.Fill(memory.Targets, targets.Slice(offset, rows));
            frame.SegmentStarts = segmentStarts.IsEmpty ? default : FrameMemory.Fill(memory.SegmentStarts, segmentStarts.Slice(offset, rows));
            frame.LossScale = counted == 0 ? 0 : 1f / counted;
            frame.AccumulateGradients = first > 0;
            frame.Gradients = train ? gradients.Data : default;
            frame.Selections = train ? Densities.Counters : null;
            if (train) model.Program.Train(frame);
            else model.Program.Evaluate(frame);
            sum += Losses.Mean(frame.RowLosses, rows, frame.Targets).Sum;
        }

        return sum;
    }
}
