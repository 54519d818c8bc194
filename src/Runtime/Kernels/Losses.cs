using ModelDsl.Memory;

namespace ModelDsl.Kernels;

/// <summary>The sum of the losses of counted rows.</summary>
/// <param name="Sum">Σ of the losses, in double.</param>
/// <param name="Count">Number of counted rows.</param>
public readonly record struct LossSum(double Sum, long Count)
{
    /// <summary>The mean loss; 0 where no row is counted.</summary>
    public double Mean => Count == 0 ? 0 : Sum / Count;
}

/// <summary>Reduction of row losses.</summary>
public static class Losses
{
    /// <summary>Sums the losses of rows whose target is not negative, row by row in double, and counts them.</summary>
    /// <param name="losses">Losses [rows].</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="targets">Targets [rows].</param>
    public static LossSum Mean(F32 losses, nint rows, I32 targets)
    {
        double sum = 0;
        long count = 0;
        for (nint row = 0; row < rows; row++)
        {
            if (targets[row] < 0) continue;
            sum += losses[row];
            count++;
        }

        return new LossSum(sum, count);
    }
}
