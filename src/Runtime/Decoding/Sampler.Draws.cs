using ModelDsl.Simd;

namespace ModelDsl;

public sealed partial class Sampler
{
    private int Draw(ReadOnlySpan<float> values, float largest)
    {
        Span<float> weight = weights.AsSpan(0, values.Length);
        if (Options.TopK > 0 && Options.TopK < values.Length)
        {
            Span<ulong> likeliest = Likeliest(values, keys);
            foreach (ulong key in likeliest) weight[Token(key)] = (float)Math.Exp((values[Token(key)] - largest) / Options.Temperature);
            return Draw(weight, Options.TopP < 1 ? Nucleus(likeliest, weight) : likeliest);
        }

        Exponentials(values, weight, largest);
        if (Options.TopP < 1) return Draw(weight, Nucleus(values, weight, keys));
        double left = Random.NextDouble() * Sum(weight);
        int last = 0;
        for (int token = 0; token < weight.Length && left >= 0; token++)
        {
            // Rounding may leave a little over after the last token: then it is the last that is possible at all.
            if (weight[token] == 0) continue;
            left -= weight[token];
            last = token;
        }

        return last;
    }

    private int Draw(ReadOnlySpan<float> weight, ReadOnlySpan<ulong> candidates)
    {
        double total = 0;
        foreach (ulong candidate in candidates) total += weight[Token(candidate)];
        double left = Random.NextDouble() * total;
        int last = Token(candidates[0]);
        for (int i = 0; i < candidates.Length && left >= 0; i++)
        {
            int token = Token(candidates[i]);
            if (weight[token] == 0) continue;
            left -= weight[token];
            last = token;
        }

        return last;
    }

    /// <summary>The keys of the TopK likeliest tokens, in no particular order: one pass that rarely finds a candidate.</summary>
    private Span<ulong> Likeliest(ReadOnlySpan<float> values, Span<ulong> room)
    {
        int count = Options.TopK, held = 0, full = (int)Math.Min(room.Length, 2L * count);
        ulong limit = ulong.MaxValue;
        float least = float.NegativeInfinity;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] < least) continue;
            ulong key = Key(values[i], i);
            if (key > limit) continue;
            if (held == full)
            {
                Selection.Smallest(room[..held], count);
                held = count;
                limit = 0;
                foreach (ulong kept in room[..held]) limit = Math.Max(limit, kept);
                least = values[Token(limit)];
                if (key > limit) continue;
            }

            room[held++] = key;
        }

        Selection.Smallest(room[..held], count);
        return room[..count];
    }

    /// <summary>The fewest likeliest of some candidates that together reach the share TopP of their weight.</summary>
    private Span<ulong> Nucleus(Span<ulong> candidates, ReadOnlySpan<float> weight)
    {
        double total = 0;
        foreach (ulong candidate in candidates) total += weight[Token(candidate)];
        return Fewest(candidates, weight, total);
    }

    /// <summary>The same of all tokens.</summary>
    private Span<ulong> Nucleus(ReadOnlySpan<float> values, ReadOnlySpan<float> weight, Span<ulong> room)
    {
        // Lighter ones cannot belong to it: even all tokens of that weight together are less than what is left out. This saves
        // sorting the whole vocabulary.
        double total = Sum(weight);
        float cutoff = (float)(total * (1 - Options.TopP) / weight.Length * 0.999);
        int kept = 0;
        for (int token = 0; token < weight.Length; token++)
        {
            if (weight[token] >= cutoff) room[kept++] = Key(values[token], token);
        }

        return Fewest(room[..kept], weight, total);
    }

    private Span<ulong> Fewest(Span<ulong> candidates, ReadOnlySpan<float> weight, double total)
    {
        candidates.Sort();
        double wanted = total * Options.TopP, sum = 0;
        int count = 0;
        while (count < candidates.Length && sum < wanted) sum += weight[Token(candidates[count++])];
        return candidates[..count];
    }

    private unsafe void Exponentials(ReadOnlySpan<float> values, Span<float> weight, float largest)
    {
        fixed (float* source = values, target = weight)
            Vectors.Run(new ExponentialBody(source, target, values.Length, largest, (float)Math.Min(1 / Options.Temperature, float.MaxValue)));
    }

    // Four sums, so that their additions overlap; their order does not depend on the machine.
    private static double Sum(ReadOnlySpan<float> weight)
    {
        double a = 0, b = 0, c = 0, d = 0;
        int i = 0;
        for (; i + 4 <= weight.Length; i += 4)
        {
            a += weight[i];
            b += weight[i + 1];
            c += weight[i + 2];
            d += weight[i + 3];
        }

        for (; i < weight.Length; i++) a += weight[i];
        return (a + b) + (c + d);
    }

    // Sorted ascending, keys order tokens from likely to unlikely, equal ones by id.
    private static ulong Key(float value, int token)
    {
        int bits = BitConverter.SingleToInt32Bits(value + 0f);
        uint ascending = (uint)bits ^ (bits < 0 ? ~0u : 1u << 31);
        return (ulong)~ascending << 32 | (uint)token;
    }

    private static int Token(ulong key) => (int)(uint)key;

    /// <summary>target = e^((source - largest) / temperature).</summary>
    private readonly unsafe struct ExponentialBody(float* source, float* target, int count, float largest, float inverseTemperature) : ISimdBody
    {
        public void Run<S>() where S : unmanaged, ISimd<S>
        {
            S shift = S.Broadcast(largest), scale = S.Broadcast(inverseTemperature);
            for (int i = 0; i < count; i += S.Width)
            {
                int lanes = Math.Min(S.Width, count - i);
                if (lanes == S.Width) S.Store(target + i, VectorMath.Exp((S.Load(source + i) - shift) * scale));
                else S.Store(target + i, VectorMath.Exp((S.Load(source + i, lanes) - shift) * scale), lanes);
            }
        }
    }
}
