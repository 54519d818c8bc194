namespace ModelDsl;

/// <summary>What every generated model class offers, for code that is generic over models.</summary>
/// <typeparam name="TSelf">The model class.</typeparam>
public interface IModel<TSelf> : IDisposable where TSelf : IModel<TSelf>
{
    /// <summary>Parameters, FLOPs and memory of the model.</summary>
    static abstract ModelCard Card { get; }

    /// <summary>Creates a model with freshly initialised parameters.</summary>
    /// <param name="seed">The same seed gives the same parameters.</param>
    static abstract TSelf Create(int seed);

    /// <summary>Loads a model that <see cref="Save"/> or a trainer's checkpoint wrote, or any safetensors file with tensors of the same names and shapes.</summary>
    /// <param name="path">The safetensors file.</param>
    /// <exception cref="CheckpointException">The file is of another model: lists every missing, unexpected and mis-shaped tensor.</exception>
    /// <exception cref="SafetensorsException">The file is malformed.</exception>
    static abstract TSelf Load(string path);

    /// <summary>Name, shape and values of every parameter.</summary>
    ParameterCollection Parameters { get; }

    /// <summary>Writes the parameters to a safetensors file, whole or not at all: to a temporary file that is flushed and renamed.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <exception cref="IOException">The file cannot be written; an existing one is unchanged.</exception>
    void Save(string path);

    /// <summary>Makes a handle that computes the model without its loss, forward and backward.</summary>
    /// <exception cref="ArgumentException">The options do not work for the model.</exception>
    ModelModule CreateModule(ModuleOptions? options = null);
}

/// <summary>A model from tokens to the logits of the next one: it can be trained on text and decoded from.</summary>
/// <typeparam name="TSelf">The model class.</typeparam>
public interface ILanguageModel<TSelf> : IModel<TSelf> where TSelf : ILanguageModel<TSelf>
{
    /// <summary>Makes a trainer of this model's parameters.</summary>
    /// <exception cref="ArgumentException">The options do not work for the model.</exception>
    Trainer CreateTrainer(TrainerOptions options);

    /// <summary>Makes a decoder that reads this model's parameters, or a rounded copy of its own: <see cref="DecoderOptions.Weights"/>.</summary>
    /// <exception cref="ArgumentException">The options do not work for the model.</exception>
    Decoder CreateDecoder(DecoderOptions? options = null);
}
