namespace ModelDsl.Benchmarks.Ratios;

/// <summary>A comparison cannot be made or would not be fair; the message is all that a user needs to see.</summary>
internal sealed class BenchmarkException(string message) : Exception(message)
{
    /// <summary>Throws unless a contender's result is near enough to what is expected; a NaN never is.</summary>
    /// <param name="group">The work.</param>
    /// <param name="contender">Whose result it is.</param>
    /// <param name="expected">What it was compared with.</param>
    /// <param name="deviation">How far it is from that.</param>
    /// <param name="allowed">How far it may be.</param>
    public static void ThrowIfAbove(string group, string contender, string expected, double deviation, double allowed)
    {
        if (!(deviation <= allowed)) throw new BenchmarkException($"{group}: the result of {contender} differs from {expected} by {deviation:E1}, and {allowed:E1} is allowed. Nothing of it was timed.");
    }
}
