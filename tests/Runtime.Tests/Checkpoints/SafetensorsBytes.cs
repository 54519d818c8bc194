using System.Buffers.Binary;
using System.Text;

namespace ModelDsl.Runtime.Tests.Checkpoints;

/// <summary>Builds safetensors files by hand, valid or not.</summary>
internal static class SafetensorsBytes
{
    public static byte[] From(string header, int dataBytes) => From(header, [.. Enumerable.Range(0, dataBytes).Select(i => (byte)(i * 7 + 1))]);

    public static byte[] From(string header, byte[] data) => From(Encoding.UTF8.GetBytes(header), data);

    public static byte[] From(byte[] header, byte[] data)
    {
        byte[] file = new byte[8 + header.Length + data.Length];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length);
        header.CopyTo(file, 8);
        data.CopyTo(file, 8 + header.Length);
        return file;
    }

    public static IReadOnlyList<byte[]> ValidSamples { get; } =
    [
        From("{}", 0),
        From("""{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}""", 24),
        From("""{"__metadata__":{"format":"pt","step":"12"},"w":{"dtype":"F32","shape":[4],"data_offsets":[8,24]},"h":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}}   """, 24),
        From("""{"e":{"dtype":"F32","shape":[0,5],"data_offsets":[0,0]},"s":{"dtype":"I64","shape":[],"data_offsets":[0,8]},"b":{"dtype":"BF16","shape":[1,1,3],"data_offsets":[8,14]},"u":{"dtype":"U8","shape":[1],"data_offsets":[14,15]}}""", 15),
        From("""{ "x\u00e9.\"q\"" : { "data_offsets" : [ 0 , 6 ] , "shape" : [ 2 , 4 ] , "dtype" : "F6_E2M3" } }""", 6),
    ];
}
