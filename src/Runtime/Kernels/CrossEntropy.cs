using ModelDsl.Memory;
using ModelDsl.Threading;

namespace ModelDsl.Kernels;

/// <summary>
/// Softmax cross-entropy of rows of logits with one target each. A NaN or infinite logit of a counted row makes its loss NaN.
/// Rows with a negative target are not counted: their loss and their gradient are 0.
/// </summary>
public static partial class CrossEntropy
{
    /// <summary>losses[r] = logSumExp[r] - logits[r, targets[r]], with logSumExp[r] = log Σ over c of e^logits[r, c].</summary>
    /// <param name="pool">The workers.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="vocabulary">Columns.</param>
    /// <param name="logits">Logits [rows, vocabulary].</param>
    /// <param name="stride">Floats from one row of them to the next.</param>
    /// <param name="targets">Targets [rows], below <paramref name="vocabulary"/>; negative where the row is not counted.</param>
    /// <param name="losses">Receives the losses [rows].</param>
    /// <param name="logSumExp">Receives what the backward needs [rows]; 0 where the row is not counted.</param>
    public static void Forward(WorkerPool pool, nint rows, int vocabulary, F32 logits, nint stride, I32 targets, F32 losses, F32 logSumExp)
        => RowKernels.Run(pool, rows, 1, new ForwardRows(vocabulary, logits, stride, targets, losses, logSumExp));

    /// <summary>gradient[r, c] = scale · (e^(logits[r, c] - logSumExp[r]) - [c = targets[r]]).</summary>
    /// <param name="pool">The workers.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="vocabulary">Columns.</param>
    /// <param name="logits">Logits [rows, vocabulary].</param>
    /// <param name="stride">Floats from one row of them to the next.</param>
    /// <param name="targets">Targets [rows]; negative where the row is not counted.</param>
    /// <param name="logSumExp">From <see cref="Forward"/> [rows].</param>
    /// <param name="scale">Gradient with respect to a counted row's loss.</param>
    /// <param name="gradient">Receives the gradient [rows, vocabulary]; may be the logits' own memory.</param>
    /// <param name="gradientStride">Floats from one row of it to the next.</param>
    public static void Backward(
        WorkerPool pool, nint rows, int vocabulary, F32 logits, nint stride, I32 targets, F32 logSumExp, float scale, F32 gradient, nint gradientStride)
        => RowKernels.Run(pool, rows, 1, new BackwardRows(vocabulary, logits, stride, targets, logSumExp, scale, gradient, gradientStride));
}
