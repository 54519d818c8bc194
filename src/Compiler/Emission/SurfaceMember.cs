namespace ModelDsl.Compiler.Emission;

/// <summary>A member that every model gets.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Signature">What stands before <c>=></c>.</param>
/// <param name="Body">What stands behind it in a valid model.</param>
internal sealed record SurfaceMember(string Name, string Signature, string Body)
{
    private const string Dsl = "global::ModelDsl.";

    /// <summary>The members of a model class of that name.</summary>
    public static IEnumerable<SurfaceMember> Of(string model, bool isLanguageModel)
    {
        yield return new("Card", $"public static {Dsl}ModelCard Card", $"__card ??= new {Dsl}ModelCard(__Program().Plan)");
        yield return new("Create", $"public static {model} Create(int seed = 0)", $"new({Dsl}ModelInstance.Create(__Program(), seed))");
        yield return new("Load", $"public static {model} Load(string path)", $"new({Dsl}ModelInstance.Load(__Program(), path))");
        yield return new("Parameters", $"public {Dsl}ParameterCollection Parameters", "__model.Parameters");
        yield return new("Save", "public void Save(string path)", "__model.Save(path)");
        yield return new("CreateModule", $"public {Dsl}ModelModule CreateModule({Dsl}ModuleOptions? options = null)", "__model.CreateModule(options)");
        if (isLanguageModel)
        {
            yield return new("CreateTrainer", $"public {Dsl}Trainer CreateTrainer({Dsl}TrainerOptions options)", "__model.CreateTrainer(options)");
            yield return new("CreateDecoder", $"public {Dsl}Decoder CreateDecoder({Dsl}DecoderOptions? options = null)", "__model.CreateDecoder(options)");
        }

        yield return new("Dispose", "public void Dispose()", "__model.Dispose()");
    }
}
