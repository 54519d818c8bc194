using ModelDsl.Benchmarks.Machine;
using ModelDsl.TorchReference;

namespace ModelDsl.Benchmarks.Ratios;

/// <summary>Decoding of the Llama shape, one sequence, greedy: every weight is read once a token.</summary>
internal static class DecodeGroup
{
    private const string Ours = "ours", Torch = "TorchSharp", Memory = "read bandwidth";

    // Every unit of work decodes these many tokens after the same prompt, so that all rounds attend over as many positions.
    private const int PromptLength = 64, Tokens = 8;
    private const double AllowedDeviation = 1e-3;

    /// <summary>The group.</summary>
    public static RatioGroup Create(int threads)
    {
        SmallLlama model = SmallLlama.Create(seed: 1);
        Decoder decoder = model.CreateDecoder(new DecoderOptions { Batch = 1, Threads = threads });
        // Column-major weights: torch reads them at 30 GB/s where row-major ones give it 20.
        TorchTransformer reference = new(Workloads.Llama, columnMajor: true) { Fused = true };
        Workloads.Copy(model.Parameters, reference.Parameters);
        TorchDecoder peer = new(reference);
        ReadBandwidth memory = new();
        int[] prompt = [.. Enumerable.Range(1, PromptLength)];
        decoder.Prefill(prompt);
        peer.Append(prompt);
        double bytes = (double)reference.Parameters.Count * sizeof(float) * Tokens;
        string name = $"decode, {reference.Parameters.Count / 1e6:F1} M parameters, {Tokens} tokens";
        RatioGroup group = new()
        {
            Name = name,
            Contenders =
            [
                new(Ours, () =>
                {
                    decoder.Rewind(PromptLength);
                    for (int i = 0, token = 1; i < Tokens; i++) token = Largest(decoder.Step(token));
                }),
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
                new("decode against TorchSharp with a key/value cache", round => round[Torch] / round[Ours], 2.0, 3.0),
            ],
            Unit = "GB/s",
            Slice = 0.3,
            Figure = (contender, seconds) => (contender == Memory ? ReadBandwidth.Bytes : bytes) / seconds / 1e9,
            Check = () =>
            {
                double worst = 0;
                decoder.Rewind(PromptLength);
                peer.Rewind(PromptLength);
                for (int i = 0, token = 1; i < Tokens; i++)
                {
                    float[] theirs = peer.Append([token]);
                    double deviation = Deviation.Relative(decoder.Step(token), theirs);
                    BenchmarkException.ThrowIfAbove(name, Ours, $"the logits of {Torch} after {i + 1} tokens", deviation, AllowedDeviation);
                    worst = Math.Max(worst, deviation);
                    token = Largest(theirs);
                }

                return $"logits of ours and TorchSharp after each of {Tokens} tokens differ by at most {worst:E1} of their norm";
            },
        };
        foreach (IDisposable resource in (IDisposable[])[model, decoder, reference, peer, memory]) group.Own(resource);
        return group;
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
