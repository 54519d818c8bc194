using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace ModelDsl.TorchReference;

/// <summary>
/// libLibTorchSharp.so asks for GLIBCXX_3.4.32 for one symbol only, an initialiser that older libstdc++ run by themselves. Where
/// libstdc++ is older, a copy of the file in the output folder is made to refer to a harmless function of an older version instead.
/// </summary>
internal static class LibTorchSharpPatch
{
    private const string Initialiser = "_ZSt21ios_base_library_initv";
    private const string Harmless = "_ZSt13get_terminatev";
    private const string TooNew = "GLIBCXX_3.4.32";
    private const string OldEnough = "GLIBCXX_3.4.30";

    /// <summary>Whether this system's libstdc++ lacks the symbol.</summary>
    public static bool IsNeeded()
        => NativeLibrary.TryLoad("libstdc++.so.6", out nint library) && !NativeLibrary.TryGetExport(library, Initialiser, out _);

    /// <summary>The path of a patched copy of <paramref name="original"/>, made by the first process that asks.</summary>
    public static string PatchedCopy(string original)
    {
        string copy = Path.Combine(AppContext.BaseDirectory, Path.GetFileName(original));
        if (File.Exists(copy) && File.GetLastWriteTimeUtc(copy) == File.GetLastWriteTimeUtc(original)) return copy;

        byte[] image = File.ReadAllBytes(original);
        Apply(image);
        // Renamed into place, so that a process that starts meanwhile sees all of it or nothing.
        string temporary = $"{copy}.{Environment.ProcessId}";
        File.WriteAllBytes(temporary, image);
        File.SetLastWriteTimeUtc(temporary, File.GetLastWriteTimeUtc(original));
        File.Move(temporary, copy, overwrite: true);
        return copy;
    }

    /// <summary>Patches a 64-bit little-endian ELF image in place; does nothing to one that does not refer to the symbol.</summary>
    public static void Apply(Span<byte> elf)
    {
        const uint DynamicSymbols = 11, VersionNeeds = 0x6ffffffe, SymbolVersions = 0x6fffffff;
        Section symbols = Find(elf, DynamicSymbols);
        Span<byte> strings = Read(elf, symbols.Link).Of(elf);
        int name = Locate(strings, Initialiser);
        if (name < 0) return;

        Span<byte> entries = symbols.Of(elf), versions = Find(elf, SymbolVersions).Of(elf);
        for (int i = 0; i < entries.Length / 24; i++)
        {
            if (U32(entries[(i * 24)..]) == name) BinaryPrimitives.WriteUInt16LittleEndian(versions[(i * 2)..], 1); // 1: global, any version
        }

        strings.Slice(name, Initialiser.Length).Clear();
        Encoding.ASCII.GetBytes(Harmless, strings[name..]);

        int version = Locate(strings, TooNew);
        Encoding.ASCII.GetBytes(OldEnough, strings[version..]);
        Span<byte> needs = Find(elf, VersionNeeds).Of(elf);
        for (int file = 0, next = 1; next != 0; file += next)
        {
            next = (int)U32(needs[(file + 12)..]);
            for (int need = file + (int)U32(needs[(file + 8)..]), step = 1; step != 0; need += step)
            {
                step = (int)U32(needs[(need + 12)..]);
                if (U32(needs[(need + 8)..]) == version) BinaryPrimitives.WriteUInt32LittleEndian(needs[need..], Hash(OldEnough));
            }
        }
    }

    private static uint U32(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);

    private static int Locate(ReadOnlySpan<byte> strings, string text) => strings.IndexOf(Encoding.ASCII.GetBytes($"\0{text}\0")) is var at and >= 0 ? at + 1 : -1;

    private static Section Find(ReadOnlySpan<byte> elf, uint type)
    {
        for (int i = 0; ; i++)
        {
            if (Read(elf, i) is var section && section.Type == type) return section;
        }
    }

    private static Section Read(ReadOnlySpan<byte> elf, int index)
    {
        ReadOnlySpan<byte> header = elf[((int)U32(elf[0x28..]) + 64 * index)..];
        return new Section(U32(header[4..]), (int)U32(header[24..]), (int)U32(header[32..]), (int)U32(header[40..]));
    }

    // The ELF specification's hash of a version's name.
    private static uint Hash(string text)
    {
        uint hash = 0;
        foreach (char c in text)
        {
            hash = (hash << 4) + c;
            uint high = hash & 0xf0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }

        return hash;
    }

    private readonly record struct Section(uint Type, int Offset, int Size, int Link)
    {
        public Span<byte> Of(Span<byte> elf) => elf.Slice(Offset, Size);
    }
}
