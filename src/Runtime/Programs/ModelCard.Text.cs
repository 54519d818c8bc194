using System.Globalization;
using System.Text;

namespace ModelDsl;

public sealed partial class ModelCard
{
    /// <summary>The card as text: sizes, costs and a table of where the parameters are. Memory is that of AdamW with 8 sequences of the whole context, and of decoding one.</summary>
    public override string ToString() => ToString(8, Context);

    /// <summary>The card as text, with the memory of training at a size.</summary>
    /// <param name="batch">Sequences of a micro-batch.</param>
    /// <param name="sequence">Positions of a sequence.</param>
    /// <param name="optimizerSlots">Floats the optimiser keeps for each parameter; 2 for AdamW.</param>
    public string ToString(int batch, int sequence, int optimizerSlots = 2)
    {
        StringBuilder text = new();
        Line($"{Name}: {Count(Parameters).TrimEnd()} parameters, width {Width}, context {Context}" + (Vocabulary > 0 ? $", vocabulary {Vocabulary}" : ""));
        Line($"  operations a token   {Count(ForwardFlopsPerToken)}FLOP forward, {Count(TrainingFlopsPerToken)}FLOP training");
        if (plan.Train.FloatsPerRow > 0)
        {
            MemoryEstimate training = TrainingMemory(batch, sequence, optimizerSlots);
            Line($"  training memory      {Bytes(training.Total)} for {batch} x {sequence} tokens: parameters {Bytes(training.Parameters)}, gradients {Bytes(training.Gradients)}, "
                + $"optimiser {Bytes(training.Optimizer)}, activations {Bytes(training.Activations)}, scratch {Bytes(training.Scratch)}");
        }

        if (CacheBytesPerToken > 0)
        {
            MemoryEstimate decoding = DecodingMemory();
            Line($"  decoding memory      {Bytes(decoding.Total)} for a sequence of {Context}: caches {Bytes(decoding.Caches)}, {Bytes(CacheBytesPerToken)} a token; "
                + $"{Bytes(DecodingMemory(weights: WeightFormat.BFloat16).Total)} with weights in BF16");
        }

        int width = Layers.Count == 0 ? 0 : Layers.Max(layer => layer.Name.Length);
        if (Layers.Count > 0) Line($"  {"layer".PadRight(width)} {"",3}   {"parameters",13} {"",7}  {"FLOP/token",10}  {"cache/token",11}  {"activations/token",17}");
        foreach (ModelCardLayer layer in Layers)
        {
            double share = Parameters == 0 ? 0 : (double)layer.Parameters / Parameters;
            Line(string.Create(
                CultureInfo.InvariantCulture,
                $"  {layer.Name.PadRight(width)} {layer.Count,3} x {layer.Parameters,13:N0} {100 * share,5:F1} %  {Count(layer.ForwardFlopsPerToken),10}  {Bytes(layer.CacheBytesPerToken),11}  {Bytes(layer.ActivationBytesPerToken),17}"));
        }

        foreach (string fusion in Fusions) Line($"  fused: {fusion}");
        return text.ToString().TrimEnd('\n');

        void Line(string line) => text.Append(line).Append('\n');
    }

    // 13.9 M, 184 G: three digits and a unit.
    private static string Count(long value) => value switch
    {
        < 1_000 => value.ToString(CultureInfo.InvariantCulture) + " ",
        < 1_000_000 => Digits(value / 1e3) + " K",
        < 1_000_000_000 => Digits(value / 1e6) + " M",
        < 1_000_000_000_000 => Digits(value / 1e9) + " G",
        _ => Digits(value / 1e12) + " T",
    };

    private static string Bytes(long value) => value switch
    {
        < 1L << 10 => value.ToString(CultureInfo.InvariantCulture) + " B",
        < 1L << 20 => Digits(value / (double)(1 << 10)) + " KiB",
        < 1L << 30 => Digits(value / (double)(1 << 20)) + " MiB",
        _ => Digits(value / (double)(1 << 30)) + " GiB",
    };

    private static string Digits(double value) => value.ToString(value < 9.995 ? "F2" : value < 99.95 ? "F1" : "F0", CultureInfo.InvariantCulture);
}
