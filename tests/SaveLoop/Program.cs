using System.Globalization;
using ModelDsl;

// Saves versions of one checkpoint to args[0] for ever: args[1] floats, all equal to the version's number. Killed from outside.
string path = args[0];
float[] values = new float[int.Parse(args[1], CultureInfo.InvariantCulture)];
for (int version = 1; ; version++)
{
    Array.Fill(values, version);
    SafetensorsWriter writer = new();
    writer.Metadata["version"] = version.ToString(CultureInfo.InvariantCulture);
    writer.Add("values", [values.Length], values);
    writer.Save(path);
    if (version == 1) Console.WriteLine("saving");
}
