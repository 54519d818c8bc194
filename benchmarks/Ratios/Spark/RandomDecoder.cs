using ModelDsl.Memory;
using ModelDsl.Programs;

namespace ModelDsl.Benchmarks.Ratios.Spark;

/// <summary>Decoders with random weights in BF16, made without the model in 32 bits, which would take twice their memory beside them.</summary>
internal static class RandomDecoder
{
    private const int Drawn = 1 << 20;

    /// <summary>Makes one: vectors as a model starts with them, matrices of normal values with the deviation it starts with.</summary>
    public static unsafe Decoder Create(ModelProgram program, DecoderOptions options, int seed)
    {
        options.Validate(program.Plan);
        RoundedWeights weights = new(program.Plan);
        program.FillConstants(weights.Constants);
        float[] normal = new float[Drawn];
        fixed (float* values = normal)
        {
            Initialization.Fill(new F32(values), new ParameterInfo("values", [Drawn], 0, new Initializer(InitializerKind.Normal, 1), Decay: false), (ulong)seed);
        }

        Random random = new(seed);
        foreach (ParameterInfo parameter in program.Plan.Parameters)
        {
            if (parameter.Shape.Count == 1) Initialization.Fill(weights.Vectors.At((nint)parameter.Offset), parameter, (ulong)seed);
            else Fill(weights.Matrices.At((nint)parameter.Offset - (nint)program.Plan.MatrixOffset), (nint)parameter.Length, parameter.Initializer.Value);
        }

        return new Decoder(program, options, weights);

        // Another part of the same draws in each stretch: enough for sums of thousands.
        void Fill(BF16 target, nint length, float deviation)
        {
            float[] scaled = [.. normal.Select(value => value * deviation)];
            ushort[] rounded = new ushort[Drawn];
            fixed (float* from = scaled)
            fixed (ushort* to = rounded)
            {
                ModelDsl.Memory.Rounding.ToBF16(from, to, Drawn);
            }

            for (nint at = 0; at < length;)
            {
                int start = random.Next(Drawn / 2), count = (int)Math.Min(Drawn / 2, length - at);
                rounded.AsSpan(start, count).CopyTo(new Span<ushort>(target.Pointer + at, count));
                at += count;
            }
        }
    }
}
