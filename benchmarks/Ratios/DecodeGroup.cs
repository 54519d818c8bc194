using ModelDsl.Benchmarks.Machine;
using ModelDsl.TorchReference;

namespace ModelDsl.Benchmarks.Ratios;

/// <summary>Decoding of the Llama shape, one sequence, greedy: every weight is read once a token.</summary>
internal static class DecodeGroup
{
    private const string Ours = "ours", Rounded = "ours, BF16 weights", Torch = "TorchSharp", Memory = "read bandwidth";

    // Every unit of work decodes these many tokens after the same prompt, so that all rounds attend over as many positions.
    private const int PromptLength = 64, Tokens = 8;
    private const double AllowedDeviation = 1e-3, AllowedRounded = 2e-2;

    /// <summary>The group.</summary>
    public static RatioGroup Create(int threads)
    {
        SmallLlama model = SmallLlama.Create(seed: 1);
        Decoder decoder = model.CreateDecoder(new DecoderOptions { Batch = 1, Threads = threads });
        Decoder rounded = model.CreateDecoder(new DecoderOptions { Batch = 1, Threads = threads, Weights = WeightFormat.BFloat16 });
        // Column-major weights: torch reads them at 30 GB/s where row-major ones give it 20.
        TorchTransformer reference = new(Workloads.Llama, columnMajor: true) { Fused = true };
        Workloads.Copy(model.Parameters, reference.Parameters);
        TorchDecoder peer = new(reference);
        ReadBandwidth memory = new();
        int[] prompt = [.. Enumerable.Range(1, PromptLength)];
        decoder.Prefill(prompt);
        rounded.Prefill(prompt);
        peer.Append(prompt);
        double bytes = (double)reference.Parameters.Count * sizeof(float) * Tokens;
        double roundedBytes = model.Parameters.Sum(parameter => parameter.Length * (parameter.Shape.Count == 1 ? sizeof(float) : sizeof(ushort))) * (double)Tokens;
        string name = $"decode, {reference.Parameters.Count / 1e6:F1} M parameters, {Tokens} tokens";
        RatioGroup group = new()
        {
            Name = name,
            Contenders =
            [
                new(Ours, () => Decode(decoder)),
                new(Rounded, () => Decode(rounded)),
                new(Torch, () =>
                {
                    peer.Rewind(PromptLength);
                    for (int i = 0, token = 1; i < Tokens; i++) token = Largest(peer.Append([token]));
                }),
                new(Memory, () => memory.Run(threads)),
            ],
            Rows =
            [
                new("decode: bytes of weights a second, of the read bandwidth", round => bytes / round[Ours] * round[Memory] / ReadBandwidth.Bytes, 0.85, 0.95),
                new("decode with BF16 weights: bytes of weights a second, of the read bandwidth", round => roundedBytes / round[Rounded] * round[Memory] / ReadBandwidth.Bytes, 0.85, 0.95),
                new("decode against TorchSharp with a key/value cache", round => round[Torch] / round[Ours], 2.0, 3.0),
            ],
            Unit = "GB/s",
            Slice = 0.3,
            Figure = (contender, seconds) => (contender == Memory ? ReadBandwidth.Bytes : contender == Rounded ? roundedBytes : bytes) / seconds / 1e9,
            Check = () =>
            {
                double worst = 0, worstRounded = 0;
                decoder.Rewind(PromptLength);
                rounded.Rewind(PromptLength);
                peer.Rewind(PromptLength);
                for (int i = 0, token = 1; i < Tokens; i++)
                {
                    float[] theirs = peer.Append([token]);
                    worst = Math.Max(worst, Deviates(Ours, decoder, AllowedDeviation));
                    worstRounded = Math.Max(worstRounded, Deviates(Rounded, rounded, AllowedRounded));
                    double Deviates(string contender, Decoder of, double allowed)
                    {
                        double deviation = Distance.Relative(of.Step(token), theirs);
                        BenchmarkException.ThrowIfAbove(name, contender, $"the logits of {Torch} after {i + 1} tokens", deviation, allowed);
                        return deviation;
                    }

                    token = Largest(theirs);
                }

                return $"logits of ours and TorchSharp after each of {Tokens} tokens differ by at most {worst:E1} of their norm, with BF16 weights by {worstRounded:E1}";
            },
        };
        foreach (IDisposable resource in (IDisposable[])[model, decoder, rounded, reference, peer, memory]) group.Own(resource);
        return group;
    }

    private static void Decode(Decoder decoder)
    {
        decoder.Rewind(PromptLength);
        for (int i = 0, token = 1; i < Tokens; i++) token = Largest(decoder.Step(token));
    }

    private static int Largest(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best]) best = i;
        }

        return best;
    }
}
