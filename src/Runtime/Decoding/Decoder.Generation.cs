namespace ModelDsl;

public sealed partial class Decoder
{
    /// <summary>
    /// Continues the only sequence: appends <paramref name="prompt"/>, then samples tokens until <paramref name="generated"/> is full,
    /// <paramref name="accept"/> says to stop or the context is full. Allocates nothing.
    /// </summary>
    /// <remarks>
    /// The last generated token is not appended: the sequence then holds the prompt and all generated tokens but that one, so to go on
    /// put it first in the next prompt. With no room in <paramref name="generated"/> nothing happens, and the prompt is not appended either.
    /// </remarks>
    /// <param name="prompt">Token ids, at least one; they follow what the sequence holds.</param>
    /// <param name="generated">Receives the sampled tokens.</param>
    /// <param name="sampler">Chooses each token; it is told the prompt, too, for its repeat penalty.</param>
    /// <param name="accept">Called with each token after it is written; false ends the generation with it.</param>
    /// <returns>How many tokens were generated.</returns>
    /// <inheritdoc cref="Prefill(ReadOnlySpan{int})" path="/exception"/>
    public int Generate(ReadOnlySpan<int> prompt, Span<int> generated, Sampler sampler, Func<int, bool>? accept = null)
    {
        ArgumentNullException.ThrowIfNull(sampler);
        if (generated.IsEmpty) return 0;
        ReadOnlySpan<float> logits = Prefill(prompt);
        sampler.Observe(prompt);
        for (int count = 0; ; logits = Step(generated[count - 1]))
        {
            int token = sampler.Sample(logits);
            generated[count++] = token;
            if (accept?.Invoke(token) == false || count == generated.Length || Position == Context) return count;
        }
    }
}
