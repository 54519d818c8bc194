using System.Text;
using CsCheck;

namespace ModelDsl.Compiler.Tests.Oracle;

/// <summary>A declaration drawn at random.</summary>
/// <param name="Name">The model class.</param>
/// <param name="Source">Its file, blocks included.</param>
/// <param name="Context">Its context.</param>
internal sealed record RandomModel(string Name, string Source, int Context);

/// <summary>
/// Draws declarations that cover every layer and option, at awkward sizes: odd widths, one head, a stack first or last, nested stacks, one block in several stacks.
/// A declaration is a function of its seed, so that a failure is reproduced by its name.
/// </summary>
internal static class RandomModels
{
    private static readonly string[] Norms = ["", "NormKind.LayerNorm", "NormKind.RmsNorm", "NormKind.LayerNorm, Bias = false"];
    private static readonly string[] Activations = ["Gelu", "GeluTanh", "Relu", "SquaredRelu", "Silu"];

    /// <summary>Different declarations; the seed of the draw is fixed, so that a run repeats.</summary>
    public static IReadOnlyList<RandomModel> Draw(int count, bool languageModels, string seed)
        => [.. Gen.Int[0, int.MaxValue].Array[count].Single(static _ => true, seed).Distinct().Select(number => Make(number, languageModels))];

    private static RandomModel Make(int seed, bool languageModel)
    {
        Random random = new(seed);
        string name = (languageModel ? "Lm" : "Fn") + seed;
        int width = Pick(random, 1, 2, 3, 5, 7, 8, 12, 16, 20, 33, 48), context = random.Next(1, 24);
        StringBuilder text = new("using ModelDsl;\n\nnamespace Random;\n");
        List<string> blocks = [];
        int kinds = random.Next(1, 4);
        for (int i = 0; i < kinds; i++)
        {
            string block = name + "Block" + i;
            text.Append($"\n[Block]\npublic sealed partial class {block}\n{{\n");
            int layers = random.Next(1, 4);
            for (int layer = 0; layer < layers; layer++) text.Append(Member(random, width, "Layer" + layer, blocks, languageModel));
            text.Append("}\n");
            blocks.Add(block);
        }

        text.Append($"\n[Model(Width = {width}, Context = {context})]\npublic sealed partial class {name}\n{{\n");
        int vocabulary = Pick(random, 2, 3, 17, 40, 61);
        if (languageModel) text.Append($"    [Embedding(Vocabulary = {vocabulary}{(random.Next(2) == 0 ? ", LearnedPositions = true" : "")})] public partial Embedding Tokens {{ get; }}\n");
        int members = random.Next(1, 4);
        for (int i = 0; i < members; i++) text.Append(Member(random, width, "Part" + i, blocks, languageModel));
        if (languageModel)
        {
            string options = Pick(random, "TiedTo = nameof(Tokens)", "TiedTo = nameof(Tokens), SoftCap = 5", "Bias = true", "TiedTo = nameof(Tokens), Bias = true", "SoftCap = 3");
            text.Append($"    [LanguageHead({options})] public partial Head Head {{ get; }}\n");
        }

        text.Append("}\n");
        return new RandomModel("Random." + name, text.ToString(), context);
    }

    private static string Member(Random random, int width, string name, List<string> blocks, bool causal)
    {
        int kind = random.Next(blocks.Count > 0 ? 6 : 4);
        string around = (random.Next(3) > 0 ? "Residual, " : "") + (random.Next(2) == 0 ? $"PreNorm({Pick(random, Norms)}), " : "") + (random.Next(5) == 0 ? $"PostNorm({Pick(random, Norms)}), " : "");
        return kind switch
        {
            0 => $"    [{Pick(random, "RmsNorm", "LayerNorm", "LayerNorm(Bias = false)", "RmsNorm(Epsilon = 1e-3)")}] public partial Norm {name} {{ get; }}\n",
            1 => $"    [{around}Attention({Attention(random, width, causal)})] public partial Attention {name} {{ get; }}\n",
            2 => $"    [{around}Ffn({Ffn(random)})] public partial Ffn {name} {{ get; }}\n",
            3 => $"    [{around}GatedFfn({Ffn(random)})] public partial Ffn {name} {{ get; }}\n",
            4 => $"    public partial {Pick(random, [.. blocks])} {name} {{ get; }}\n",
            _ => $"    [Repeat({random.Next(1, 4)})] public partial BlockStack<{Pick(random, [.. blocks])}> {name} {{ get; }}\n",
        };
    }

    private static string Ffn(Random random)
        => (random.Next(2) == 0 ? $"Hidden = {Pick(random, 1, 3, 16, 21, 40)}" : "HiddenRatio = 1.5") + $", Activation = Activation.{Pick(random, Activations)}" + (random.Next(2) == 0 ? ", Bias = true" : "");

    private static string Attention(Random random, int width, bool causal)
    {
        int[] divisors = [.. Enumerable.Range(1, width).Where(divisor => width % divisor == 0)];
        bool free = random.Next(3) == 0;
        int heads = free ? Pick(random, 1, 2, 3, 4) : Pick(random, divisors), headWidth = free ? Pick(random, 1, 2, 4, 5, 6, 16, 18) : width / heads;
        StringBuilder text = new(free ? $"Heads = {heads}, HeadWidth = {headWidth}" : random.Next(2) == 0 ? $"Heads = {heads}" : $"HeadWidth = {headWidth}");
        if (random.Next(2) == 0) text.Append($", KeyValueHeads = {Pick(random, [.. Enumerable.Range(1, heads).Where(divisor => heads % divisor == 0)])}");
        if (headWidth >= 2 && random.Next(2) == 0)
        {
            text.Append(", Rotary = true");
            if (headWidth % 2 != 0 || random.Next(3) == 0) text.Append($", RotaryWidth = {2 * random.Next(1, (headWidth / 2) + 1)}");
            if (random.Next(3) == 0) text.Append(", RotaryTheta = 100");
        }

        bool both = !causal && random.Next(3) == 0;
        if (both) text.Append(", Causal = false");
        if (!both && random.Next(3) == 0) text.Append($", Window = {Pick(random, 1, 2, 5, 100)}");
        // The norm of a single column is its sign: the gradient is a difference of nearly equal numbers, which floats cannot show.
        if (headWidth > 1 && random.Next(3) == 0) text.Append(", QueryKeyNorm = true");
        if (random.Next(4) == 0) text.Append(", SoftCap = 2.5");
        return text.Append(Pick(random, "", "", ", Bias = true", ", QueryKeyValueBias = true", ", OutputBias = true", ", Bias = true, OutputBias = false")).ToString();
    }

    private static T Pick<T>(Random random, params T[] choices) => choices[random.Next(choices.Length)];
}
