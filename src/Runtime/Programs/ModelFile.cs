using ModelDsl.Checkpoints;

namespace ModelDsl.Programs;

/// <summary>A model alone, without a trainer's state, as a safetensors file: what <c>Save</c> and <c>Load</c> of a generated model call.</summary>
public static class ModelFile
{
    /// <summary>Writes the parameters under their path names; the file appears whole or not at all.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Save(ModelInstance model, string path)
    {
        ArgumentNullException.ThrowIfNull(model);
        SafetensorsWriter writer = new();
        Checkpoint.Add(writer, model.Plan, model.ParameterArena.Data);
        writer.Save(path);
    }

    /// <summary>Makes a model with the parameters of a file. F32, F16 and BF16 load; a trainer's file does too.</summary>
    /// <exception cref="CheckpointException">The file is of another model: the message lists every missing, unexpected and mis-shaped tensor.</exception>
    /// <exception cref="SafetensorsException">The file is malformed.</exception>
    public static ModelInstance Load(ModelProgram program, string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        ModelInstance model = ModelInstance.Create(program, seed: 0);
        try
        {
            Checkpoint.Load(file, model.Plan, model.ParameterArena.Data);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
