namespace ModelDsl.SaveLoop;

/// <summary>What the versions of the checkpoint hold: known to the process that saves them and to the tests that read what is left.</summary>
internal static class Versions
{
    /// <summary>A version of a number of floats, no two of which are alike in most bits.</summary>
    public static SafetensorsWriter Make(int version, int floats)
    {
        Random random = new(version);
        float[] values = new float[floats];
        for (int i = 0; i < floats; i++) values[i] = random.NextSingle();
        SafetensorsWriter writer = new();
        writer.Metadata["version"] = FormattableString.Invariant($"{version}");
        writer.Add("values", [floats], values);
        return writer;
    }
}
