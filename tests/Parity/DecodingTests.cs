using ModelDsl.TorchReference;

namespace ModelDsl.Parity;

/// <summary>Decoding, from a prompt and token by token, gives at every position the logits of TorchSharp's whole forward.</summary>
public class DecodingTests
{
    [TorchTheory]
    [InlineData(1)]
    [InlineData(13)]
    [InlineData(40)]
    public void Gpt2(int prompt)
    {
        using TinyGpt2 model = TinyGpt2.Create(seed: 4);
        using Decoder decoder = model.CreateDecoder(new DecoderOptions { PrefillChunk = 9 });
        Compare(model.Parameters, decoder, TransformerShape.Gpt2(width: 48, layers: 3, heads: 4, vocabulary: 101, context: 40), prompt);
    }

    [TorchTheory]
    [InlineData(1)]
    [InlineData(13)]
    [InlineData(48)]
    public void Llama(int prompt)
    {
        using TinyLlama model = TinyLlama.Create(seed: 4);
        using Decoder decoder = model.CreateDecoder(new DecoderOptions { PrefillChunk = 9 });
        Compare(model.Parameters, decoder, TransformerShape.Llama(width: 40, layers: 2, heads: 4, keyValueHeads: 2, hidden: 100, vocabulary: 77, context: 48), prompt);
    }

    private static void Compare(ParameterCollection parameters, Decoder decoder, TransformerShape shape, int prompt)
    {
        Random random = new(1);
        using TorchTransformer reference = new(shape);
        foreach (Parameter parameter in parameters)
        {
            // Initial weights are so small that attention hardly matters.
            foreach (ref float value in parameter.Values) value += 0.4f * (random.NextSingle() - 0.5f);
            reference.Parameters.Set(parameter.Name, parameter.Values);
        }

        int[] tokens = [.. Enumerable.Range(0, shape.Context).Select(_ => random.Next(shape.Vocabulary))];
        float[] expected = reference.Logits(tokens, batch: 1);
        ReadOnlySpan<float> logits = decoder.Prefill(tokens.AsSpan(0, prompt));
        for (int t = prompt; ; t++)
        {
            double deviation = Distance.Relative(logits, expected.AsSpan((t - 1) * shape.Vocabulary, shape.Vocabulary));
            Assert.True(deviation < 1e-4, $"logits of position {t - 1} deviate by {deviation:E1}");
            if (t == tokens.Length) break;
            logits = decoder.Step(tokens[t]);
        }
    }
}
