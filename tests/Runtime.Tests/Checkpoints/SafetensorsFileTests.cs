namespace ModelDsl.Runtime.Tests.Checkpoints;

public class SafetensorsFileTests
{
    [Fact]
    public void Round_trip_keeps_names_shapes_values_and_metadata()
    {
        using TemporaryFolder folder = new();
        SafetensorsWriter writer = new();
        float[] values = [.. Enumerable.Range(0, 6).Select(i => i * 0.37f - 1)];
        writer.Add("zeta", [2, 3], values);
        writer.Add("Blöcke.\"0\"", [1], new float[] { float.NaN });
        writer.Add("empty", [0, 4], Array.Empty<float>());
        writer.Metadata["step"] = "17\n";
        writer.Save(folder["model.safetensors"]);

        using SafetensorsFile file = SafetensorsFile.Open(folder["model.safetensors"]);
        Assert.Equal(["Blöcke.\"0\"", "empty", "zeta"], file.Tensors.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        Assert.Equal("17\n", file.Metadata["step"]);
        float[] read = new float[6];
        file.CopyTo("zeta", read);
        Assert.Equal(values, read);
        Assert.True(file.TryGetTensor("zeta", out SafetensorsTensor? tensor));
        Assert.Equal([2L, 3L], tensor.Shape);
    }

    [Fact]
    public void The_same_content_gives_the_same_bytes_in_any_order_and_the_data_is_aligned()
    {
        using TemporaryFolder folder = new();
        string[] names = ["b", "a", "c.d"];
        foreach ((string path, IEnumerable<string> order) in new[] { (folder["1"], names), (folder["2"], names.Reverse()) })
        {
            SafetensorsWriter writer = new();
            foreach (string name in order)
            {
                writer.Add(name, [3], new float[] { name[0], 1, 2 });
                writer.Metadata[name] = name;
            }

            writer.Save(path);
        }

        byte[] bytes = File.ReadAllBytes(folder["1"]);
        Assert.Equal(bytes, File.ReadAllBytes(folder["2"]));
        Assert.Equal(0, BitConverter.ToInt64(bytes) % 8);
    }

    [Theory]
    [InlineData("", 0, "8-byte header length")] // not even a length: see the special case below
    [InlineData("[]", 0, "does not begin with '{'")]
    [InlineData("{", 0, "not valid JSON")]
    [InlineData("{} {}", 0, "JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},}""", 4, "not valid JSON")]
    [InlineData("""{"a":1}""", 0, "must be an object")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 0, "no 'data_offsets'")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", 4, "no 'dtype'")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,4]}}""", 4, "no 'shape'")]
    [InlineData("""{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown element type 'F31'")]
    [InlineData("""{"a":{"dtype":32,"shape":[1],"data_offsets":[0,4]}}""", 4, "must be a string")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "'-1'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", 4, "'1.0'")]
    [InlineData("""{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", 4, "only integers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}}""", 4, "only integers")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}}""", 4, "more elements than can be counted")]
    [InlineData("""{"a":{"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,0]}}""", 0, "takes 36893488147419103232 bytes")]
    [InlineData("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}""", 1, "whole bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", 4, "takes 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "ends before it")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 7, "cut short by 1 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 8, "more than 2")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4]}}""", 8, "takes 2")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, "overlaps tensor 'a'")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[5,9]}}""", 9, "hole of 1 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 5, "belong to none")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "listed twice")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "'dtype' twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"more":1}}""", 4, "unknown property 'more'")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "must be a string")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "occurs twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "occurs twice")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "UTF-8")]
    public void Malformed_files_are_refused_with_the_reason(string header, int data, string reason)
    {
        using TemporaryFolder folder = new();
        string path = folder["bad.safetensors"];
        File.WriteAllBytes(path, header.Length == 0 ? [1, 2, 3] : SafetensorsBytes.From(header, data));
        SafetensorsException exception = Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(path));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        Assert.InRange(exception.Position!.Value, 0, new FileInfo(path).Length);
    }

    [Theory]
    [InlineData(100_000_001L, "the format allows")]
    [InlineData(-1L, "the format allows")]
    [InlineData(99_999_999L, "has 2 after the length")]
    public void A_header_length_beyond_the_limit_or_the_file_is_refused(long length, string reason)
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["f"], [.. BitConverter.GetBytes(length), (byte)'{', (byte)'}']);
        Assert.Contains(reason, Assert.Throws<SafetensorsException>(() => SafetensorsFile.Open(folder["f"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_half_and_bfloat_widens_exactly_at_any_alignment()
    {
        using TemporaryFolder folder = new();
        byte[] data = new byte[1 + 65536 * 2 * 2];
        for (int i = 0; i < 65536; i++)
        {
            BitConverter.TryWriteBytes(data.AsSpan(1 + i * 2), (ushort)i);
            BitConverter.TryWriteBytes(data.AsSpan(1 + 131072 + i * 2), (ushort)i);
        }

        File.WriteAllBytes(folder["f"], SafetensorsBytes.From(
            """{"pad":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"h":{"dtype":"F16","shape":[65536],"data_offsets":[1,131073]},"b":{"dtype":"BF16","shape":[65536],"data_offsets":[131073,262145]}}""", data));
        using SafetensorsFile file = SafetensorsFile.Open(folder["f"]);
        float[] half = new float[65536], brain = new float[65536];
        file.CopyTo("h", half);
        file.CopyTo("b", brain);
        for (int i = 0; i < 65536; i++)
        {
            Assert.Equal((float)BitConverter.UInt16BitsToHalf((ushort)i), half[i]);
            Assert.Equal(BitConverter.UInt32BitsToSingle((uint)i << 16), brain[i]);
        }
    }

    [Fact]
    public void Copying_names_what_does_not_fit()
    {
        using TemporaryFolder folder = new();
        File.WriteAllBytes(folder["f"], SafetensorsBytes.From("""{"Tokens.Weight":{"dtype":"I32","shape":[2],"data_offsets":[0,8]}}""", 8));
        using SafetensorsFile file = SafetensorsFile.Open(folder["f"]);
        Assert.Contains("'Tokens.Weight'", Assert.Throws<SafetensorsException>(() => file.CopyTo("Tokens.Wieght", new float[2])).Message, StringComparison.Ordinal);
        Assert.Contains("3 were asked for", Assert.Throws<SafetensorsException>(() => file.CopyTo("Tokens.Weight", new float[3])).Message, StringComparison.Ordinal);
        Assert.Contains("I32", Assert.Throws<SafetensorsException>(() => file.CopyTo("Tokens.Weight", new float[2])).Message, StringComparison.Ordinal);
        file.Dispose();
        Assert.Throws<ObjectDisposedException>(() => file.CopyTo("Tokens.Weight", new float[2]));
    }

    [Fact]
    public void A_missing_file_is_the_usual_exception() => Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open("/nowhere-to-be-found.safetensors"));
}
