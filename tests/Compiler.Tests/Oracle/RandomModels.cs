using System.Globalization;
using System.Text;
using CsCheck;

namespace ModelDsl.Compiler.Tests.Oracle;

/// <summary>A declaration drawn at random.</summary>
/// <param name="Name">The model class.</param>
/// <param name="Source">Its file, blocks included.</param>
/// <param name="Context">Its context.</param>
/// <param name="Number">What it was drawn from.</param>
internal sealed record RandomModel(string Name, string Source, int Context, int Number = 0);

/// <summary>
/// Draws declarations that cover every layer and option, at awkward sizes: odd widths, one head, a stack first or last, nested stacks, one block in several stacks.
/// A declaration is a function of its seed, so that a failure is reproduced by its name: <c>RANDOM_MODELS=Fn12,Lm7</c> draws these instead, <c>RANDOM_MODELS=300</c> that many others.
/// </summary>
internal static class RandomModels
{
    private static readonly string[] Norms = ["", "NormKind.LayerNorm", "NormKind.RmsNorm, Epsilon = 1e-2", "NormKind.LayerNorm, Bias = false"];
    private static readonly string[] Activations = ["Gelu", "GeluTanh", "Relu", "SquaredRelu", "Silu"];

    /// <summary>The environment variable that says what else to draw.</summary>
    public const string Variable = "RANDOM_MODELS";

    /// <summary>Different declarations; the seed of the draw is fixed, so that a run repeats.</summary>
    public static IReadOnlyList<RandomModel> Draw(int count, bool languageModels, string seed)
    {
        string wanted = Environment.GetEnvironmentVariable(Variable) ?? "";
        Gen<int> numbers = Gen.Int[0, int.MaxValue];
        if (int.TryParse(wanted, NumberStyles.None, CultureInfo.InvariantCulture, out int others))
            return [.. Enumerable.Range(0, others).Select(_ => Random.Shared.Next()).Distinct().Select(number => Make(number, languageModels))];
        if (wanted.Length > 0)
        {
            string prefix = languageModels ? "Lm" : "Fn";
            return [.. wanted.Split(',').Select(name => name[(name.LastIndexOf('.') + 1)..]).Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                .Select(name => Make(int.Parse(name[2..], CultureInfo.InvariantCulture), languageModels))];
        }

        return [.. numbers.Array[count].Single(static _ => true, seed).Distinct().Select(number => Make(number, languageModels))];
    }

    /// <summary>How large a parameter's random values are: products keep the size of what they read, so that values neither vanish nor explode with depth.</summary>
    public static double Size(string name, IReadOnlyList<int> shape) => name.EndsWith("Norm.Weight", StringComparison.Ordinal) ? 1 : shape.Count == 1 ? 0.4 : Math.Sqrt(3.0 / shape[^1]);

    /// <summary>Gives every parameter random values.</summary>
    public static void Fill(ModelInstance model, Random random)
    {
        foreach (Parameter parameter in model.Parameters)
        {
            float size = (float)Size(parameter.Name, parameter.Shape);
            foreach (ref float value in parameter.Values) value = size * ((random.NextSingle() * 2) - 1);
        }
    }

    /// <summary>Documents of random lengths: for each row the position within its sequence at which its document starts.</summary>
    public static int[] SegmentStarts(Random random, int batch, int time)
    {
        int[] starts = new int[batch * time];
        for (int row = 0; row < starts.Length; row++) starts[row] = row % time == 0 ? 0 : random.Next(4) == 0 ? row % time : starts[row - 1];
        return starts;
    }

    private static RandomModel Make(int seed, bool languageModel)
    {
        Random random = new(seed);
        string name = (languageModel ? "Lm" : "Fn") + seed;
        int width = Pick(random, 1, 2, 3, 5, 7, 8, 12, 16, 20, 33, 48), context = random.Next(1, 24);
        if (random.Next(8) == 0) context = random.Next(24, 200);
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
            string options = Pick(random, "TiedTo = nameof(Tokens)", "TiedTo = nameof(Tokens), SoftCap = 5", "Bias = true", "TiedTo = nameof(Tokens), Bias = true, SoftCap = 4", "SoftCap = 3", $"Vocabulary = {vocabulary}");
            text.Append($"    [LanguageHead({options})] public partial Head Head {{ get; }}\n");
        }

        text.Append("}\n");
        return new RandomModel("Random." + name, text.ToString(), context, seed);
    }

    private static string Member(Random random, int width, string name, List<string> blocks, bool causal)
    {
        int kind = random.Next(blocks.Count > 0 ? 10 : 8);
        bool residual = random.Next(3) > 0;
        string inside = residual ? Pick(random, "", "", ", InsideResidual = true", ", InsideResidual = false") : "";
        string around = (residual ? "Residual, " : "") + (random.Next(2) == 0 ? $"PreNorm({Pick(random, Norms)}), " : "") + (random.Next(5) == 0 ? $"PostNorm({(Pick(random, Norms) + inside).TrimStart(',', ' ')}), " : "");
        return kind switch
        {
            0 => $"    [{Pick(random, "RmsNorm", "LayerNorm", "LayerNorm(Bias = false)", "RmsNorm(Epsilon = 1e-3)", "LayerNorm(Epsilon = 0.1)")}] public partial Norm {name} {{ get; }}\n",
            1 => $"    [{around}Attention({Attention(random, width, causal)})] public partial Attention {name} {{ get; }}\n",
            2 => $"    [{around}Ffn({Ffn(random)})] public partial Ffn {name} {{ get; }}\n",
            3 => $"    [{around}GatedFfn({Ffn(random)})] public partial Ffn {name} {{ get; }}\n",
            4 when width > 1 => $"    [{around}SparkFfn({Selecting(random, width)}{(random.Next(2) == 0 ? $", PredictorWidth = {random.Next(1, width)}" : "")})] public partial Ffn {name} {{ get; }}\n",
            4 or 5 => $"    [{around}TopKFfn({Selecting(random, width)}{(random.Next(3) == 0 ? ", Gated = false" : "")})] public partial Ffn {name} {{ get; }}\n",
            6 => $"    [{around}TopKAttention({Selective(random, width, causal, split: false)})] public partial Attention {name} {{ get; }}\n",
            7 when width > 1 => $"    [{around}SparkAttention({Selective(random, width, causal, split: true)})] public partial Attention {name} {{ get; }}\n",
            7 => $"    [{around}TopKAttention({Selective(random, width, causal, split: false)})] public partial Attention {name} {{ get; }}\n",
            8 => $"    public partial {Pick(random, [.. blocks])} {name} {{ get; }}\n",
            _ => $"    [Repeat({random.Next(1, 4)})] public partial BlockStack<{Pick(random, [.. blocks])}> {name} {{ get; }}\n",
        };
    }

    private static string Ffn(Random random)
        => (random.Next(2) == 0 ? $"Hidden = {Pick(random, 1, 3, 16, 21, 40)}" : "HiddenRatio = 1.5") + $", Activation = Activation.{Pick(random, Activations)}" + (random.Next(2) == 0 ? ", Bias = true" : "");

    private static string Selecting(Random random, int width)
    {
        int hidden = Pick(random, 2, 3, 16, 21, 40);
        StringBuilder text = new(random.Next(2) == 0 || 1.5 * width < 2 ? $"Hidden = {hidden}, Active = {random.Next(1, hidden)}" : $"HiddenRatio = 1.5, ActiveFraction = {Pick(random, "0.3", "0.4", "0.6")}");
        text.Append($", Activation = Activation.{Pick(random, Activations)}");
        if (random.Next(4) == 0) return text.Append(", Selection = TopKSelection.Exact").ToString();
        return text.Append(Pick(random, "", ", Deviation = Deviation.Population")).Append(Pick(random, "", "", ", ThresholdGradient = ThresholdGradient.Detached")).Append(Pick(random, "", "", ", Huber = 0.2")).ToString();
    }

    private static string Selective(Random random, int width, bool causal, bool split)
        => Attention(random, width, causal, split) + $", TopK = {Pick(random, 1, 2, 3, 5, 20)}" + (random.Next(3) == 0 ? ", Deviation = Deviation.Population" : "");

    private static string Attention(Random random, int width, bool causal, bool split = false)
    {
        int[] divisors = [.. Enumerable.Range(1, width).Where(divisor => width % divisor == 0 && (!split || width / divisor > 1))];
        bool free = random.Next(3) == 0;
        int heads = free ? Pick(random, 1, 2, 3, 4) : Pick(random, divisors), headWidth = free ? split ? Pick(random, 2, 4, 5, 6, 16, 18) : Pick(random, 1, 2, 4, 5, 6, 16, 18) : width / heads;
        StringBuilder text = new(free ? $"Heads = {heads}, HeadWidth = {headWidth}" : random.Next(2) == 0 ? $"Heads = {heads}" : $"HeadWidth = {headWidth}");
        if (random.Next(2) == 0) text.Append($", KeyValueHeads = {Pick(random, [.. Enumerable.Range(1, heads).Where(divisor => heads % divisor == 0)])}");
        int predictor = split && random.Next(3) > 0 ? random.Next(1, headWidth) : headWidth / 2, turning = split ? Math.Min(predictor, headWidth - predictor) : headWidth;
        if (split && (predictor != headWidth / 2 || random.Next(2) == 0)) text.Append($", PredictorWidth = {predictor}");
        if (turning >= 2 && random.Next(2) == 0)
        {
            text.Append(", Rotary = true");
            if (headWidth % 2 != 0 || turning % 2 != 0 || random.Next(3) == 0) text.Append($", RotaryWidth = {2 * random.Next(1, (turning / 2) + 1)}");
            if (random.Next(3) == 0) text.Append($", RotaryTheta = {Pick(random, "100", "0.25", "1e-2", "500000")}");
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
