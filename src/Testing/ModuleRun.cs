namespace ModelDsl.Testing;

/// <summary>A module with random inputs.</summary>
internal sealed class ModuleRun(ModelModule module, ModelCard card, CheckOptions options) : IDisposable
{
    private readonly int sequence = options.SequenceOf(card);
    private int[] tokens = [];

    public ModelModule Module => module;

    /// <summary>The inputs, where they are activations.</summary>
    public float[] Activations { get; private set; } = [];

    public static ModuleOptions Options(ModelCard card, CheckOptions options) => new() { Batch = options.Batch, Sequence = options.SequenceOf(card), Threads = options.Threads };

    /// <summary>Draws inputs.</summary>
    /// <returns>Random gradients of the outputs.</returns>
    public float[] Draw(int seed)
    {
        Random random = Draws.Stream(seed, Drawn.Inputs);
        int rows = options.Batch * sequence;
        if (module.TakesTokens) tokens = Draws.Tokens(random, rows, card.Vocabulary);
        else Activations = Draws.Normals(random, rows * module.InputColumns);
        return Draws.Normals(random, rows * module.OutputColumns);
    }

    public ReadOnlySpan<float> Forward() => module.TakesTokens ? module.Forward(tokens, options.Batch, sequence) : module.Forward(Activations, options.Batch, sequence);

    public void Dispose() => module.Dispose();
}
