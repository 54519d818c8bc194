namespace ModelDsl;

/// <summary>
/// The factor of the learning rate at each step. Derive from it for a schedule of one's own; a factor must depend on the step
/// alone, or a resumed training differs from an uninterrupted one.
/// </summary>
public abstract record LearningRateSchedule
{
    /// <summary>The factor of a step.</summary>
    /// <param name="step">Number of the step, from 1.</param>
    public abstract double Factor(long step);

    /// <summary>Always the full learning rate, after an optional linear warm-up.</summary>
    /// <param name="warmup">Steps of linear warm-up: step s has the factor s / warmup, step <paramref name="warmup"/> the full rate.</param>
    public static LearningRateSchedule Constant(long warmup = 0) => new WarmupStableDecay(warmup, long.MaxValue, 0, 1);

    /// <summary>Linear warm-up, then half a cosine from 1 down to <paramref name="floor"/> (Loshchilov and Hutter, "SGDR"); <paramref name="floor"/> from step <paramref name="total"/> on.</summary>
    /// <param name="warmup">Steps of linear warm-up: step s has the factor s / warmup, step <paramref name="warmup"/> the full rate.</param>
    /// <param name="total">The step that reaches the floor.</param>
    /// <param name="floor">The last factor, in [0, 1].</param>
    public static LearningRateSchedule WarmupCosine(long warmup, long total, double floor = 0.1) => new WarmupCosine(warmup, total, floor);

    /// <summary>Linear warm-up, the full rate, then a linear descent to <paramref name="floor"/> over the last <paramref name="decay"/> of <paramref name="total"/> steps.</summary>
    /// <param name="warmup">Steps of linear warm-up: step s has the factor s / warmup, step <paramref name="warmup"/> the full rate.</param>
    /// <param name="total">The step that reaches the floor.</param>
    /// <param name="decay">Steps of the descent; step total - decay still has the full rate.</param>
    /// <param name="floor">The last factor, in [0, 1].</param>
    public static LearningRateSchedule WarmupStableDecay(long warmup, long total, long decay, double floor = 0) => new WarmupStableDecay(warmup, total, decay, floor);

    private protected static void Check(long warmup, long total, double floor)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(warmup);
        if (total < 1) throw new ArgumentOutOfRangeException(nameof(total), total, "The total number of steps must be at least 1.");
        if (total < warmup) throw new ArgumentOutOfRangeException(nameof(total), total, $"The warm-up of {warmup} steps is longer than the total: raise total to at least {warmup}, or lower warmup.");
        if (floor is not (>= 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(floor), floor, "The last factor must be in [0, 1].");
    }
}

/// <summary>See <see cref="LearningRateSchedule.WarmupCosine"/>.</summary>
internal sealed record WarmupCosine : LearningRateSchedule
{
    private readonly long warmup, total;
    private readonly double floor;

    public WarmupCosine(long warmup, long total, double floor)
    {
        Check(warmup, total, floor);
        (this.warmup, this.total, this.floor) = (warmup, total, floor);
    }

    public override double Factor(long step)
    {
        if (step < warmup) return (double)step / warmup;
        if (step >= total) return floor;
        return floor + (1 - floor) * 0.5 * (1 + Math.Cos(Math.PI * (step - warmup) / (total - warmup)));
    }
}

/// <summary>See <see cref="LearningRateSchedule.WarmupStableDecay"/>.</summary>
internal sealed record WarmupStableDecay : LearningRateSchedule
{
    private readonly long warmup, total, decay;
    private readonly double floor;

    public WarmupStableDecay(long warmup, long total, long decay, double floor)
    {
        Check(warmup, total, floor);
        ArgumentOutOfRangeException.ThrowIfNegative(decay);
        if (decay > total - warmup)
            throw new ArgumentOutOfRangeException(nameof(decay), decay, $"After a warm-up of {warmup} of {total} steps the descent can take {total - warmup} at most: raise total, or lower decay or warmup.");
        (this.warmup, this.total, this.decay, this.floor) = (warmup, total, decay, floor);
    }

    public override double Factor(long step)
    {
        if (step < warmup) return (double)step / warmup;
        if (step >= total) return floor;
        long remaining = total - step;
        return remaining >= decay ? 1 : floor + (1 - floor) * remaining / decay;
    }
}
