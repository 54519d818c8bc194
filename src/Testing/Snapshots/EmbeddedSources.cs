using System.Globalization;
using System.IO.Compression;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;

namespace ModelDsl.Testing.Snapshots;

/// <summary>Reads generated files from an assembly's symbols: the compiler embeds the text of every file that is on no disk.</summary>
internal static class EmbeddedSources
{
    private const string Generator = "ModelDsl.Generators";
    private static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    /// <summary>Names and texts, with \n as line end, of what ModelDsl generated.</summary>
    public static SortedDictionary<string, string> Of(Assembly assembly)
    {
        string name = assembly.GetName().Name!, location = assembly.Location;
        if (location.Length == 0)
        {
            throw new ModelCheckException(CultureInfo.InvariantCulture,
                $"The assembly '{name}' was not loaded from a file, so that its symbols cannot be found.");
        }

        using PEReader image = new(File.OpenRead(location));
        if (!image.TryOpenAssociatedPortablePdb(location, path => File.Exists(path) ? File.OpenRead(path) : null, out MetadataReaderProvider? symbols, out _) || symbols is null)
        {
            throw new ModelCheckException(CultureInfo.InvariantCulture,
                $"'{location}' has no symbols, neither inside nor beside it as '{Path.ChangeExtension(location, ".pdb")}': the generated code is read "
                + $"from them. Build the project with DebugType portable (the default) or embedded.");
        }

        SortedDictionary<string, string> files = new(StringComparer.Ordinal);
        using (symbols)
        {
            MetadataReader reader = symbols.GetMetadataReader();
            foreach (DocumentHandle handle in reader.Documents)
            {
                string[] path = reader.GetString(reader.GetDocument(handle).Name).Split('/', '\\');
                if (Array.IndexOf(path, Generator) < 0) continue;
                foreach (CustomDebugInformationHandle information in reader.GetCustomDebugInformation(handle))
                {
                    CustomDebugInformation value = reader.GetCustomDebugInformation(information);
                    if (reader.GetGuid(value.Kind) == EmbeddedSource) files.Add(path[^1], Text(reader.GetBlobReader(value.Value)));
                }
            }
        }

        return files.Count > 0 ? files : throw new ModelCheckException(CultureInfo.InvariantCulture,
            $"The symbols of '{name}' hold no code of {Generator}: give the assembly that declares the models, as typeof(MyModel).Assembly.");
    }

    // The size of the text if it is compressed, 0 if not; then the bytes.
    private static string Text(BlobReader blob)
    {
        bool compressed = blob.ReadInt32() > 0;
        using Stream bytes = new MemoryStream(blob.ReadBytes(blob.RemainingBytes));
        using Stream plain = compressed ? new DeflateStream(bytes, CompressionMode.Decompress) : bytes;
        using StreamReader text = new(plain, Encoding.UTF8);
        return text.ReadToEnd().Replace("\r\n", "\n", StringComparison.Ordinal);
    }
}
