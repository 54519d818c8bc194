namespace ModelDsl;

/// <summary>What every generated model is: generic code can create, load, save and look into any of them.</summary>
/// <typeparam name="TSelf">The model class.</typeparam>
public interface IModel<TSelf> : IDisposable
    where TSelf : class, IModel<TSelf>
{
    /// <summary>What the model costs.</summary>
    static abstract ModelCard Card { get; }

    /// <summary>Creates a model with freshly initialised parameters: the same seed gives the same values on every machine.</summary>
    static abstract TSelf Create(int seed = 0);

    /// <summary>Creates a model with the parameters of a safetensors file.</summary>
    static abstract TSelf Load(string path);

    /// <summary>Name, shape and values of every parameter.</summary>
    ParameterCollection Parameters { get; }

    /// <summary>Writes the parameters to a safetensors file, which appears whole or not at all.</summary>
    void Save(string path);

    /// <summary>Makes a function with a gradient of the model without its loss.</summary>
    ModelModule CreateModule(ModuleOptions options);
}
