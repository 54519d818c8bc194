using ModelDsl;

namespace TinyLmExample;

/// <summary>Lets a model continue a prompt.</summary>
internal sealed class Writer(Decoder decoder, Settings settings) : IDisposable
{
    private const int Longest = 400;

    /// <summary>Prints the prompt and its continuation, up to the model's context.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled; nothing is printed.</exception>
    public void Write(string when, CancellationToken cancellation)
    {
        int[] prompt = ByteTokenizer.Instance.Encode(settings.Prompt.Length > 0 ? settings.Prompt : "\n");
        // A long prompt keeps its end, and half of the context stays for the continuation.
        if (prompt.Length > decoder.Context / 2) prompt = prompt[^(decoder.Context / 2)..];
        int[] generated = new int[Math.Min(Longest, decoder.Context - prompt.Length)];
        decoder.Rewind(0);
        Sampler sampler = new(new SamplerOptions { Temperature = 0.8, TopK = 40, Seed = settings.Seed });
        int count = decoder.Generate(prompt, generated, sampler, _ => !cancellation.IsCancellationRequested);
        cancellation.ThrowIfCancellationRequested();
        Console.WriteLine();
        Console.WriteLine($"--- text {when} ---");
        Console.WriteLine(Printable(ByteTokenizer.Instance.Decode([.. prompt, .. generated.AsSpan(0, count)])));
        Console.WriteLine("---");
        Console.WriteLine();
    }

    /// <summary>Frees the decoder.</summary>
    public void Dispose() => decoder.Dispose();

    // An untrained model writes any byte, and a terminal obeys some of them.
    private static string Printable(string text) => string.Create(text.Length, text, static (target, source) =>
    {
        for (int i = 0; i < target.Length; i++) target[i] = char.IsControl(source[i]) && source[i] != '\n' ? '·' : source[i];
    });
}
